"""The reference body surface: meshes, charts, geodesics, points, semantic re-mapping."""
