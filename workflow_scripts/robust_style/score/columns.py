"""The columns of the table of scores. Standard library only: the Snakefile reads it."""

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
# Of raters that a configuration may lack: empty where there is none.
RATED = (
    "content_perceptual_distance",
    "style_gram_distance",
    "rater_standard_style_distance",
    "rater_adversarial_style_distance",
)
ACCURACIES = ("clean_accuracy", "robust_accuracy")
