use super::*;

fn masked(rings: &[&[Point]], size: Size) -> Vec<u64> {
    mask(rings, size, usize::MAX).unwrap().counts
}

/// The expected counts are from pycocotools 2.0: `frPyObjects` of each ring, decoded, with the holes subtracted.
#[test]
fn a_mask_is_the_same_as_in_pycocotools() {
    let ring: [&[Point]; 2] =
        [&[[0.5, 0.5], [7.0, 1.0], [6.2, 5.4], [1.0, 5.0]], &[[2.0, 2.0], [5.0, 2.3], [4.0, 4.0]]];
    assert_eq!(masked(&ring, (8, 6)), [7, 4, 2, 4, 2, 1, 1, 2, 2, 1, 1, 2, 2, 4, 2, 3, 8]);

    let steep: [&[Point]; 2] = [&[[3.0, 0.0], [6.0, 9.0], [0.0, 9.0]], &[[3.0, 4.0], [3.6, 8.5], [2.4, 8.5]]];
    assert_eq!(masked(&steep, (6, 9)), [7, 2, 4, 5, 1, 7, 2, 7, 5, 5, 7, 2]);
}

#[test]
fn holes_may_overlap_and_stick_out() {
    let whole: [&[Point]; 3] = [
        &[[0.0, 0.0], [9.0, 0.0], [9.0, 7.0], [0.0, 7.0]],
        &[[1.0, 1.0], [4.0, 1.0], [4.0, 5.0], [1.0, 5.0]],
        &[[3.0, 3.0], [8.0, 3.0], [8.0, 6.0], [3.0, 6.0]],
    ];
    assert_eq!(masked(&whole, (9, 7)), [0, 8, 4, 3, 4, 3, 5, 4, 3, 4, 3, 4, 3, 4, 3, 8]);

    let half: [&[Point]; 2] = [
        &[[0.0, 0.0], [2.2, 0.0], [2.2, 5.0], [0.0, 5.0]],
        &[[1.0, 1.0], [5.0, 1.0], [5.0, 2.0], [1.0, 2.0]],
    ];
    assert_eq!(masked(&half, (5, 5)), [0, 6, 1, 3, 15]);
}

#[test]
fn a_mask_without_a_pixel_is_one_run() {
    assert_eq!(masked(&[&[[1.1, 1.1], [1.2, 1.1], [1.2, 1.2]]], (4, 3)), [12]);
}

#[test]
fn the_size_of_a_mask_is_checked_before_drawing() {
    let wide: [&[Point]; 1] = [&[[0.0, 0.0], [1e6, 0.0], [1e6, 9.0], [0.0, 9.0]]];
    assert!(mask(&wide, (1_000_000, 10), 1_999_999).is_none());
    assert!(mask(&wide, (1_000_000, 10), 2_000_000).is_some());
    let far: [&[Point]; 1] = [&[[0.0, 0.0], [1e308, 0.0], [1e308, 1e308], [0.0, 1e308]]];
    assert_eq!(masked(&far, (10, 10)), [0, 100]);
    let small: [&[Point]; 1] = [&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]];
    assert!(mask(&small, (65_536, 65_536), 100).is_none(), "readers count pixels in 32 bits");
    assert!(mask(&small, (65_536, 65_535), 100).is_some());
}
