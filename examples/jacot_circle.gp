# Draws what jacot_circle.py writes, which calls this file:
#   gnuplot -e "table='...'; picture='...'; left='...'; right='...'; trained='after 200 steps'" examples/jacot_circle.gp
set terminal svg size 980,430 font 'sans-serif,13' background '#ffffff'
set output picture
top = 1.05 * real(system(sprintf("awk '!/^#/ { for (i = 2; i <= NF; i++) if ($i > m) m = $i } END { print m }' '%s'", table)))
set multiplot layout 1,2 margins 0.085,0.985,0.14,0.90 spacing 0.06
set xrange [-pi:pi]
set xtics ('-π' -pi, '-π/2' -pi/2, '0' 0, 'π/2' pi/2, 'π' pi)
set yrange [0:top]
set xlabel 'angle γ'
set grid lc rgb '#dddddd'
set key top right samplen 2
columns(i) = words(system(sprintf("awk '/^#/ { block++ } block == %d && !/^#/ { print; exit }' '%s'", i + 1, table)))
do for [panel = 0:1] {
    set title (panel ? right : left)
    if (panel) { unset ylabel } else { set ylabel 'tangent kernel Θ(x_0, x)' }
    before = 1 + 2 * panel
    after = before + 1
    n = columns(before)
    m = columns(after)
    plot for [i = 2:n] table index before using 1:i with lines lw 1 lc rgb '#1b6ca8' title (i == 2 ? 'at the start' : ''), \
         for [i = 2:m] table index after using 1:i with lines lw 1 dt 2 lc rgb '#c8553d' title (i == 2 ? trained : ''), \
         table index 0 using 1:2 with lines lw 2 lc rgb 'black' title 'infinite width'
}
unset multiplot
