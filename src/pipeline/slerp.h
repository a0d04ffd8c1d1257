#pragma once

#include <ATen/core/Tensor.h>

namespace dalle2::pipeline {

/// Spherical interpolation (Shoemake 1985) of the rows of a and b, [B, ...]: a at t = 0, b at t =
/// 1,
///
///     sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b,   w = angle between a and b,
///
/// with one angle a row, from the dot product over all its values. Rows that all but agree are
/// interpolated in a straight line. `t` is [B], or [1] for all rows. Throws Error(kUsage) for rows
/// that point in opposite directions, between which no way is the shortest.
at::Tensor slerp(const at::Tensor& a, const at::Tensor& b, const at::Tensor& t);

/// The weighted mean of embeddings [N, E] by direction, as [1, E] with the weighted mean of their
/// lengths: `weights` is [N]. Throws Error(kUsage) when they cancel out.
at::Tensor mix_embeddings(const at::Tensor& embeddings, const at::Tensor& weights);

/// The embedding [1, E] turned by `strength` of the way towards the direction in which a text `to`
/// lies from a text `from`: slerp(z, norm(to - from), strength), keeping the length of z (Ramesh et
/// al. 2022, section 3.3, where strength is 0.25 to 0.5). Throws Error(kUsage) for texts that say
/// the same.
at::Tensor text_diff(const at::Tensor& embedding, const at::Tensor& from, const at::Tensor& to,
                     double strength);

}  // namespace dalle2::pipeline
