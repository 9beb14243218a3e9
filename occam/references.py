"""The papers that definitions come from: one entry each, cited by quantities, pages and lessons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """One paper; `arxiv` is its number there, `about` what is taken from it."""

    authors: str
    year: int
    title: str
    arxiv: str
    about: str

    @property
    def cite(self) -> str:
        """Authors, year and arXiv number on one line."""
        return f"{self.authors} {self.year} (arXiv {self.arxiv})"


REFERENCES = (
    DHERIN_2021 := Reference(
        "Dherin, Munn, Barrett",
        2021,
        "The Geometric Occam's Razor Implicit in Deep Learning",
        "2111.15090",
        "The claim under test: the layer bound, and low Dirichlet energy as the outcome of training.",
    ),
    BARRETT_2020 := Reference(
        "Barrett, Dherin",
        2020,
        "Implicit Gradient Regularization",
        "2009.11162",
        "The modified loss L + (γ/4)‖∇_θL‖² that a step of gradient descent follows.",
    ),
    SMITH_2021 := Reference(
        "Smith, Dherin, Barrett, De",
        2021,
        "On the Origin of Implicit Regularization in Stochastic Gradient Descent",
        "2101.12176",
        "The same for reshuffled mini-batches, averaged over their orders.",
    ),
    DHERIN_2022 := Reference(
        "Dherin, Munn, Rosca, Barrett",
        2022,
        "Why Neural Networks Find Simple Solutions: The Many Regularizers of Geometric Complexity",
        "2209.13083",
        "Geometric complexity: the mean of ‖∇_x f‖²_F over the training samples.",
    ),
    COHEN_2021 := Reference(
        "Cohen, Kaur, Li, Kolter, Talwalkar",
        2021,
        "Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability",
        "2103.00065",
        "Sharpness that rises to 2/γ and hovers there.",
    ),
)
