"""A whole DensePose R-CNN learns from labels: what each of its parts hears, and what none does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from wildpose.models.chart_rcnn import Config, build
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.training.assignment import PointTargets, Targets
from wildpose.training.chart_batch import ChartRcnnLosses, chart_rcnn_losses
from wildpose.training.chart_matching import Limits

HEIGHT, WIDTH = 128, 160
ANIMAL = [40.0, 30.0, 110.0, 90.0]
FEW = Limits(regions=16, proposals=100, chart_regions=1, mask_regions=1)
"""As in ``dense_cells``: the dense head costs most."""


@pytest.fixture(scope="module")
def network() -> ChartRcnn:
    """Fresh, with every part there is; as in training, the first layers don't learn."""
    torch.manual_seed(0)
    network = build(Config(head="deeplab", uv_confidence="iid_iso", segm_confidence=True,
                           mask_head=True, subject="animal", coarse_from_masks=True,
                           dense_cells=14))
    for part in (network.backbone.bottom_up.stem, network.backbone.bottom_up.res2):
        part.requires_grad_(False)
    return network


def points(*, uv: tuple[float, float] = (0.2, 0.3)) -> PointTargets:
    """A point of one chart on the first body, and one that may lie on either of two."""
    charts = torch.zeros(2, 25, dtype=torch.bool)
    charts[0, 3] = charts[1, 12] = charts[1, 14] = True
    return PointTargets(torch.zeros(2).long(), torch.tensor([[60.0, 50.0], [80.0, 70.0]]), charts,
                        torch.tensor([uv, (math.nan, math.nan)]))


def labels(
    boxes: list[list[float]], column: list[int] | None = None, *, masks: bool = False,
    marked: PointTargets | None = None, labelled: tuple[bool, bool] = (True, True),
) -> Targets:
    """A mask, where there are any, fills its box."""
    layers = torch.zeros(len(boxes) if masks else 0, HEIGHT, WIDTH)
    for layer, (x1, y1, x2, y2) in zip(layers, boxes, strict=False):
        layer[int(y1) : int(y2), int(x1) : int(x2)] = 1
    return Targets(
        box_xyxy=torch.tensor(boxes).reshape(-1, 4),
        column=torch.tensor(column or [0] * len(boxes), dtype=torch.long),
        ignore_xyxy=torch.zeros(0, 4), masks=layers, mask_row=torch.arange(len(layers)),
        points=marked or PointTargets.none(), labelled=torch.tensor(labelled), weight=1.0)


WHOLE = labels([ANIMAL], masks=True, marked=points())


def measured(
    network: ChartRcnn, *targets: Targets, limits: Limits = FEW, seed: int = 1
) -> ChartRcnnLosses:
    given = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (len(targets), 3, HEIGHT, WIDTH), dtype=torch.uint8,
                             generator=given)
    return chart_rcnn_losses(network, pictures, list(targets),
                             torch.Generator().manual_seed(seed), limits)


@torch.no_grad()
def values(network: ChartRcnn, *targets: Targets, **how: object) -> dict[str, float]:
    return {name: float(loss) for name, loss in measured(network, *targets, **how)
            ._asdict().items()}


@pytest.fixture(scope="module")
def whole(network) -> dict[str, float]:
    """The losses of :data:`WHOLE`."""
    return values(network, WHOLE)


def test_steps_reach_every_part_that_learns_and_lower_the_loss(network):
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learning = {n: p for n, p in network.named_parameters() if p.requires_grad}
    optimiser = torch.optim.SGD(learning.values(), lr=0.002)
    losses = measured(network, WHOLE)
    losses.total().backward()
    assert all(bool(p.grad.any()) for p in learning.values())
    assert all(p.grad is None for p in network.parameters() if not p.requires_grad)
    torch.nn.utils.clip_grad_value_(learning.values(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    after = values(network, WHOLE)
    assert sum(after.values()) < 0.8 * float(losses.total().detach())
    network.load_state_dict(state)


def test_a_fresh_network_is_undecided(whole):
    assert whole["objectness"] == pytest.approx(math.log(2), rel=0.1)
    assert whole["box_class"] == pytest.approx(math.log(2), rel=0.3)
    assert whole["mask"] == pytest.approx(math.log(2), rel=0.1)


@pytest.mark.parametrize(("name", "deviation"), [
    ("proposal_generator.rpn_head.conv", 0.01),
    ("roi_heads.box_predictor.bbox_pred", 0.001),
    ("roi_heads.box_head.fc1", (1 / 12544) ** 0.5),
    ("roi_heads.mask_head.predictor", 0.001),
    ("roi_heads.densepose_head.body_conv_fcn2", (2 / (9 * 512)) ** 0.5),
    ("backbone.fpn_output3", (1 / (9 * 256)) ** 0.5),
])
def test_fresh_weights_spread_as_those_of_the_reference(network, name, deviation):
    layer = network.get_submodule(name)
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.1)
    assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize(("target", "silent"), [
    (labels([]), {"proposal_move", "box_move", "mask", "chart", "coarse", "uv"}),
    (labels([], labelled=(False, True)), set(ChartRcnnLosses._fields)),
    (labels([ANIMAL]), {"mask", "chart", "coarse", "uv"}),
    (labels([ANIMAL], masks=True), {"chart", "uv"}),
    (labels([ANIMAL], marked=points()), {"mask", "coarse"}),
    (labels([ANIMAL], marked=points(uv=(math.nan, 0.5))), {"mask", "coarse", "uv"}),
    (labels([[90.0, 60.0, 92.0, 61.0]], masks=True), {"chart", "uv"}),
    (WHOLE._replace(exact_boxes=False), {"proposal_move", "box_move"}),
    (labels([ANIMAL], [1], masks=True, marked=points()),
     {"proposal_move", "box_move", "mask", "chart", "coarse", "uv"}),
], ids=["empty", "not looked for", "box", "mask", "points", "points without u and v", "sliver",
        "a detector's boxes", "a person"])
def test_each_loss_sees_only_what_is_labelled(network, target, silent):
    losses = values(network, target)
    assert all(math.isfinite(loss) for loss in losses.values())
    assert {name for name, loss in losses.items() if loss == 0} == silent


def test_where_nothing_is_known_gradients_are_zero(network):
    measured(network, labels([], labelled=(False, False))).total().backward()
    heads = network.proposal_generator.rpn_head
    assert heads.conv.weight.grad is not None
    for parameter in network.parameters():
        assert parameter.grad is None or not parameter.grad.any()
    network.zero_grad()


def test_the_weight_of_a_picture_multiplies_all_that_it_teaches(network, whole):
    half = values(network, WHOLE._replace(weight=0.5))
    for name, loss in half.items():
        assert loss == pytest.approx(whole[name] / 2, rel=1e-4), name


def test_a_picture_of_which_nothing_is_known_changes_only_what_pictures_share(network, whole):
    nothing = labels([], labelled=(False, False))
    both = values(network, WHOLE, nothing)
    for name in ("objectness", "proposal_move"):
        assert both[name] == pytest.approx(whole[name] / 2, rel=1e-3)
    for name in ("box_move", "mask", "chart", "coarse", "uv"):
        assert both[name] == pytest.approx(whole[name], rel=1e-3)


def test_all_anchors_are_counted_by_hand(network):
    everything = replace(FEW, anchors=10**6)
    head = network.proposal_generator.rpn_head
    state = {name: tensor.clone() for name, tensor in head.state_dict().items()}
    for layer in (head.objectness_logits, head.anchor_deltas):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.constant_(layer.bias, -1.0)
    empty = values(network, labels([]), limits=everything)
    head.load_state_dict(state)
    cells = sum(math.ceil(HEIGHT / s) * math.ceil(WIDTH / s) for s in (4, 8, 16, 32, 64))
    each = float(functional.softplus(torch.tensor(-1.0)))
    assert empty["objectness"] == pytest.approx(3 * cells * each / 10**6, rel=1e-4)


def test_a_head_of_which_nothing_learns_is_not_run(network):
    frozen = (network.roi_heads.densepose_head, network.roi_heads.densepose_predictor,
              network.roi_heads.decoder, network.roi_heads.mask_head)
    for part in frozen:
        part.requires_grad_(False)
    losses = values(network, WHOLE)
    for part in frozen:
        part.requires_grad_(True)
    assert losses["chart"] == losses["coarse"] == losses["uv"] == losses["mask"] == 0


def test_answers_that_are_no_numbers_give_losses_that_are_none(network):
    weight = network.proposal_generator.rpn_head.conv.weight
    before = weight.detach().clone()
    with torch.no_grad():
        weight[0] = math.nan
        losses = measured(network, WHOLE)
        weight.copy_(before)
    assert all(math.isnan(loss) for loss in losses)


def test_the_same_choice_gives_the_same_losses_and_another_one_others(network, whole):
    assert values(network, WHOLE) == whole
    assert values(network, WHOLE, seed=2) != whole
