"""The columns of the score tables. Standard library only: the Snakefile imports this module."""

LABELS = ("recipe", "network", "regime", "seed", "epoch", "content", "style")
MEASURES = (
    "content_ssim",
    "content_edge_ssim",
    "luma_correlation",
    "style_colour_distance",
    "style_texture_distance",
    "high_frequency_excess",
    "checkerboard_excess",
    "worst_rise",
    "final_over_best",
    "final_content_loss",
    "final_style_loss",
    "out_of_range_fraction",
)
# Measured by optional raters: empty without them.
RATED = (
    "content_perceptual_distance",
    "style_gram_distance",
    "rater_standard_style_distance",
    "rater_adversarial_style_distance",
)
# 1 if the picture has the content target of its recipe, 0 if not; empty for a recipe without one.
TARGET = ("content_target_reached",)
ACCURACIES = ("clean_accuracy", "robust_accuracy")
ITERATION = "iteration"
# Measures of the snapshots, which are taken at several iterations of one optimisation.
SNAPSHOT_MEASURES = ("content_ssim", "style_colour_distance", "style_texture_distance")
SCORE_COLUMNS = LABELS + MEASURES + RATED + TARGET + ACCURACIES
ITERATION_COLUMNS = (*LABELS, ITERATION, *SNAPSHOT_MEASURES)
