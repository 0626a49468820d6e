"""The columns of the score tables. Standard library only: the Snakefile imports this module."""

LABELS = ("recipe", "network", "regime", "seed", "epoch", "content", "style")
# Metrics of the finished picture itself.
PICTURE_MEASURES = (
    "content_ssim",
    "content_edge_ssim",
    "luma_correlation",
    "style_colour_distance",
    "style_texture_distance",
    "high_frequency_excess",
    "checkerboard_excess",
)
# Taken from the trace of the optimisation: empty for controls.
TRACE_MEASURES = (
    "worst_rise",
    "final_over_best",
    "final_content_loss",
    "final_style_loss",
    "out_of_range_fraction",
)
MEASURES = PICTURE_MEASURES + TRACE_MEASURES
# Measured by optional raters, networks or people: empty without them.
RATED = (
    "content_perceptual_distance",
    "style_gram_distance",
    "rater_standard_style_distance",
    "rater_adversarial_style_distance",
    "people_prefer",
)
# 1 if the picture has the content target of its recipe, 0 if not; empty for a recipe without one.
TARGET = ("content_target_reached",)
ACCURACIES = ("clean_accuracy", "robust_accuracy")
ITERATION = "iteration"
# Measures of the snapshots, which are taken at several iterations of one optimisation.
SNAPSHOT_MEASURES = ("content_ssim", "style_colour_distance", "style_texture_distance")
# Rows of pictures that no network painted: their names are in the column `network`, their seed and epoch are 0.
CONTROL_RECIPE = "none"
CONTROL_REGIME = "control"
CONTROLS = ("content", "histogram_matched", "histogram_blend")
SCORE_COLUMNS = LABELS + MEASURES + RATED + TARGET + ACCURACIES
ITERATION_COLUMNS = (*LABELS, ITERATION, *SNAPSHOT_MEASURES)
