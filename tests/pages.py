"""What tests read of pages."""


def text(answer):
    """A page's HTML, each run of space as one: where a template breaks its lines is no test's business."""
    return " ".join(answer.content.decode().split())
