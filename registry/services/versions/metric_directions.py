"""Whether more of a metric is better. What a name does not show is unknown, and is never guessed."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise


class Better(StrEnum):
    """In which direction a metric improves."""

    HIGHER = "higher"
    LOWER = "lower"


_LOWER = {
    "loss", "error", "err", "mae", "mse", "rmse", "rmsle", "msle", "mape", "smape", "wape", "mase", "medae", "brier",
    "logloss", "deviance", "perplexity", "ppl", "wer", "cer", "ter", "eer", "fid", "hamming", "latency", "fpr", "fnr",
    "toxicity", "crossentropy", "mlogloss", "rmsd", "mard", "ece",
}  # fmt: skip
_HIGHER = {
    "accuracy", "acc", "auc", "auroc", "auprc", "aupr", "precision", "recall", "f1", "fbeta", "specificity",
    "sensitivity", "tpr", "tnr", "r2", "map", "mrr", "ndcg", "dcg", "hit", "hits", "kappa", "mcc", "matthews", "iou",
    "miou", "dice", "jaccard", "bleu", "rouge", "meteor", "chrf", "bertscore", "psnr", "ssim", "gini", "lift",
    "likelihood", "throughput", "silhouette", "completeness", "homogeneity", "correctness", "faithfulness",
    "groundedness", "relevance", "similarity", "ks",
}  # fmt: skip
"""Words of the names by which scikit-learn, XGBoost, LightGBM, Keras, Hugging Face's evaluate and MLflow's evaluators
call what they measure."""
_PAIRS = {
    ("log", "loss"): Better.LOWER,
    ("cross", "entropy"): Better.LOWER,
    ("average", "precision"): Better.HIGHER,
    ("explained", "variance"): Better.HIGHER,
    ("r", "2"): Better.HIGHER,
    ("exact", "match"): Better.HIGHER,
}
_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def direction_of(name: str) -> Better | None:
    """Return in which direction the metric called ``name`` improves: ``val_roc_auc``, ``testLogLoss``, ``eval/wer``.

    Unknown (None) if no word shows it, or if words disagree (scikit-learn's negated ``neg_mean_squared_error``
    improves upward: the sign shows it).
    """
    words = [word.lower() for word in _WORD.findall(name.partition("(")[0])]
    if words[:1] == ["neg"]:
        return Better.HIGHER
    found = {better for pair, better in _PAIRS.items() if pair in pairwise(words)}
    if not found:
        found |= {Better.LOWER for word in words if word in _LOWER}
        found |= {Better.HIGHER for word in words if word in _HIGHER}
    return found.pop() if len(found) == 1 else None
