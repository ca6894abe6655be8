;; Dense layers over 32-bit floats: y = W x + b, and rectified if asked, for `columns` inputs at once.
;; Rows and width are multiples of 4. Four rows are computed together, so that each part of x is loaded once for
;; them, and all columns before the next rows, so that the weights come from the nearest cache.
(module
  (memory (export "memory") 1)
  (func (export "dense")
    (param $weights i32) (param $bias i32) (param $x i32) (param $xStep i32) (param $y i32) (param $yStep i32)
    (param $rows i32) (param $width i32) (param $columns i32) (param $floor f32)
    (local $rowBytes i32) (local $column i32) (local $xAt i32) (local $xEnd i32) (local $yAt i32) (local $row i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local $in v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $t v128) (local $u v128)
    (local.set $rowBytes (i32.shl (local.get $width) (i32.const 2)))
    (loop $rowLoop
      (local.set $column (i32.const 0))
      (loop $columnLoop
        (local.set $xAt (i32.add (local.get $x) (i32.mul (local.get $column) (local.get $xStep))))
        (local.set $xEnd (i32.add (local.get $xAt) (local.get $rowBytes)))
        (local.set $w0 (i32.add (local.get $weights) (i32.mul (local.get $row) (local.get $rowBytes))))
        (local.set $w1 (i32.add (local.get $w0) (local.get $rowBytes)))
        (local.set $w2 (i32.add (local.get $w1) (local.get $rowBytes)))
        (local.set $w3 (i32.add (local.get $w2) (local.get $rowBytes)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (loop $dot
          (local.set $in (v128.load (local.get $xAt)))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $in) (v128.load (local.get $w0)))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $in) (v128.load (local.get $w1)))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $in) (v128.load (local.get $w2)))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $in) (v128.load (local.get $w3)))))
          (local.set $w0 (i32.add (local.get $w0) (i32.const 16)))
          (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
          (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
          (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
          (local.set $xAt (i32.add (local.get $xAt) (i32.const 16)))
          (br_if $dot (i32.lt_u (local.get $xAt) (local.get $xEnd))))
        ;; The four sums across: [a0+a2 b0+b2 a1+a3 b1+b3] and the same of c and d, then their halves.
        (local.set $t (f32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))
        (local.set $u (f32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d))))
        (local.set $t (f32x4.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t) (local.get $u))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t) (local.get $u))))
        (local.set $yAt (i32.add
          (i32.add (local.get $y) (i32.mul (local.get $column) (local.get $yStep)))
          (i32.shl (local.get $row) (i32.const 2))))
        (v128.store (local.get $yAt)
          (f32x4.max
            (f32x4.splat (local.get $floor))
            (f32x4.add
              (local.get $t)
              (v128.load (i32.add (local.get $bias) (i32.shl (local.get $row) (i32.const 2)))))))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columnLoop (i32.lt_u (local.get $column) (local.get $columns))))
      (local.set $row (i32.add (local.get $row) (i32.const 4)))
      (br_if $rowLoop (i32.lt_u (local.get $row) (local.get $rows)))))
)
