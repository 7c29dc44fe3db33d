"""Relative abundance index (RAI): events for 100 trap nights."""

from __future__ import annotations

import pandas as pd

PER_NIGHTS = 100


def abundance_by_deployment(events: pd.DataFrame, deployments: pd.DataFrame) -> pd.DataFrame:
    """Make the index for each deployment and species.

    Parameters
    ----------
    events : DataFrame
        From :func:`wildpose.ecology.event_table`.
    deployments : DataFrame
        From :func:`wildpose.ecology.read_deployments`; those without events count, too.

    Returns
    -------
    DataFrame
        ``deployment``, ``species``, ``events``, ``individuals`` (sum of the events' MaxN),
        ``first_seen``, ``last_seen``, ``effort_days``, ``rai`` (100 * events / effort),
        ``rai_individuals``. Every species that was seen has a row for each deployment: 0 where it
        was not seen. Both indices are missing (never infinite) where the effort is 0 or unknown.

    References
    ----------
    ``get_rai`` and ``get_rai_individuals`` of the R package camtraptor.
    """
    keys = ["deployment", "species"]
    seen = _counts(events, keys)
    pairs = pd.MultiIndex.from_product(
        [deployments["deployment"], sorted(events["species"].unique())], names=keys)
    table = seen.reindex(pairs).reset_index()
    table[["events", "individuals"]] = table[["events", "individuals"]].fillna(0).astype("int64")
    effort = deployments.set_index("deployment")["effort_days"]
    table["effort_days"] = table["deployment"].map(effort).astype(float)
    return _with_indices(table)


def abundance(events: pd.DataFrame, deployments: pd.DataFrame) -> pd.DataFrame:
    """Make the index for each species over all deployments.

    Sum of events over sum of effort, not the mean of the deployments' indices; deployments at which
    the species was never seen are in the effort.

    Parameters
    ----------
    events, deployments : DataFrame
        As in :func:`abundance_by_deployment`.

    Returns
    -------
    DataFrame
        ``species``, ``deployments_with`` (at so many it was seen), and the columns of
        :func:`abundance_by_deployment`. The indices are missing where the effort of any deployment
        is unknown, or all is 0.
    """
    table = _counts(events, ["species"])
    table.insert(0, "deployments_with", events.groupby("species")["deployment"].nunique())
    table = table.reset_index()
    table["effort_days"] = float(deployments["effort_days"].sum(skipna=False))
    return _with_indices(table)


def _counts(events: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return events.groupby(keys).agg(
        events=("event_id", "size"), individuals=("max_n", "sum"),
        first_seen=("first_seen", "min"), last_seen=("last_seen", "max"))


def _with_indices(table: pd.DataFrame) -> pd.DataFrame:
    effort = table["effort_days"].where(table["effort_days"] > 0)
    return table.assign(rai=PER_NIGHTS * table["events"] / effort,
                        rai_individuals=PER_NIGHTS * table["individuals"] / effort)
