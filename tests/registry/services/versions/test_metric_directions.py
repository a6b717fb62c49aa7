import pytest

from registry.services.versions.metric_directions import Better, direction_of

HIGHER = (
    "accuracy", "val_roc_auc", "testF1", "f1_macro", "R2", "r2_score", "precision_at_5", "neg_mean_squared_error",
    "average_precision_score", "accuracy (holdout loss set)", "rougeL", "bleu-4", "MAP", "explained_variance",
)  # fmt: skip
LOWER = ("rmse", "testLogLoss", "eval/wer", "log_loss", "mean_absolute_error", "error_rate", "val-loss", "mlogloss")
UNKNOWN = ("train_seconds", "custom", "", "false_positive_rate", "map_loss", "n", "%")


@pytest.mark.parametrize(
    ("name", "better"),
    [*((n, Better.HIGHER) for n in HIGHER), *((n, Better.LOWER) for n in LOWER), *((n, None) for n in UNKNOWN)],
)
def test_the_name_tells_in_which_direction_a_metric_improves(name, better):
    assert direction_of(name) is better
