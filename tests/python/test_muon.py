"""Muon: its orthogonal updates, what it takes, and that processes share the work without changing the result."""

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from scripts.training.muon import Muon, by_gram, hidden_weights, newton_schulz, orthogonalize


def gradients(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(64, 96, generator=generator), torch.randn(48, 16, 3, 3, generator=generator)]


def steps_of_muon(count: int = 3) -> list[torch.Tensor]:
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients(0)]
    optimizer = Muon(parameters, lr=0.01)
    for step in range(count):
        for parameter, gradient in zip(parameters, gradients(step), strict=True):
            parameter.grad = gradient
        optimizer.step()
    return [parameter.detach() for parameter in parameters]


def test_an_orthogonalized_matrix_keeps_its_directions_and_loses_its_sizes():
    torch.manual_seed(0)
    for shape in ((64, 200), (200, 64)):
        matrix = torch.randn(shape) @ torch.diag(torch.logspace(-1, 1, shape[1]))
        update = orthogonalize(matrix, 8)
        assert torch.linalg.svdvals(update).min() > 0.6 and torch.linalg.svdvals(update).max() < 1.3
        u, _, v = torch.linalg.svd(matrix, full_matrices=False)
        cosine = nn.functional.cosine_similarity(update.flatten(), (u @ v).flatten(), dim=0)
        assert cosine > 0.97


def test_a_long_matrix_gets_the_same_from_its_squares():
    torch.manual_seed(0)
    matrix = torch.randn(64, 400) @ torch.diag(torch.logspace(-2, 0, 400))
    matrix /= matrix.norm()
    torch.testing.assert_close(by_gram(matrix, 5), newton_schulz(matrix, 5), atol=1e-4, rtol=1e-3)


def test_an_update_is_as_large_as_one_of_adamw():
    size = steps_of_muon(1)[0].square().mean().sqrt()
    assert 0.1 * 0.01 < size < 0.3 * 0.01  # AdamW's are 0.2 to 0.4 of the learning rate


def test_it_takes_hidden_matrices_and_kernels_but_no_embeddings_vectors_or_narrow_layers():
    module = nn.ModuleDict(
        {
            "table": nn.Embedding(100, 64),
            "linear": nn.Linear(64, 64),
            "conv": nn.Conv2d(16, 64, 3),
            "narrow": nn.Linear(64, 4),
            "norm": nn.GroupNorm(4, 64),
        }
    )
    expected = [module["linear"].weight, module["conv"].weight]
    assert [id(weight) for weight in hidden_weights(module)] == [id(weight) for weight in expected]


def _run(rank: int, file: str, results) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    results[rank] = [parameter.tolist() for parameter in steps_of_muon()]
    dist.destroy_process_group()


def test_two_processes_that_share_the_work_get_the_weights_that_one_gets(tmp_path):
    with mp.Manager() as manager:
        results = manager.dict()
        mp.spawn(_run, (tmp_path / "rendezvous", results), nprocs=2)
        both = [results[rank] for rank in range(2)]
    for mine, other, alone in zip(*both, steps_of_muon(), strict=True):
        assert mine == other
        torch.testing.assert_close(torch.tensor(mine), alone)
