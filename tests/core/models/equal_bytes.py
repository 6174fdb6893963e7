"""One line that names every bit of learning, publishing and scoring: `python -m tests.core.models.equal_bytes`.

Needs what a learner needs and nothing else, so that any Python and any hash seed can be asked.
"""

from hashlib import sha256

from schemas.codec import dumps
from streams.core.models.calibration import Calibration
from streams.core.models.learning import new_learner, publish
from streams.core.models.risk import explain
from streams.core.models.risk_features import risk_features
from tests.core.models.lives import examples, life


def told() -> str:
    """Digests of the learner to its last bit, of its snapshot, and of the scores of some hundred lives."""
    learner, lives = new_learner(), examples(1, 600)
    for x, y in lives * 2:  # twice, so that enough is known to be calibrated
        learner.learn_one(x, y)
    assert learner.calibration != Calibration(), "nothing was calibrated"
    snapshot = publish(learner)
    xs = [*[x for x, _ in lives], *[risk_features(*life(seed)) for seed in range(200)]]
    scores = [repr(explain(x, snapshot)) for x in xs]
    learned = sha256(dumps(learner.dump())).hexdigest()
    return f"{learned[:16]} {snapshot.digest[:16]} {sha256(dumps(scores)).hexdigest()[:16]}"


if __name__ == "__main__":
    print(told())
