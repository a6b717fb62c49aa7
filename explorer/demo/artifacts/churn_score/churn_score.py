"""Scores how likely a customer is to leave, by a logistic rule."""

import mlflow
import numpy as np
import pandas as pd


class ChurnScore(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        months, calls = model_input["months_as_customer"], model_input["support_calls"]
        logit = 0.6 * calls + 0.02 * model_input["monthly_bill"] - 0.08 * months - 1.5
        probability = 1 / (1 + np.exp(-logit))
        return pd.Series(probability, index=model_input.index, name="churn_probability")


mlflow.models.set_model(ChurnScore())
