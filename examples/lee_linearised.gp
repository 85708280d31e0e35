# Draws what lee_linearised.py writes, which calls this file:
#   gnuplot -e "from=128; table='...'; picture='...'; what='...'; difference='slope ...'; movement='...'; drift='...'" ...
set terminal svg size 1060,420 font 'sans-serif,13' background '#ffffff'
set output picture
set multiplot layout 1,3 title what margins 0.06,0.985,0.14,0.77 spacing 0.06
set logscale xy
set xlabel 'width'
set format y '10^{%L}'
set grid lc rgb '#dddddd'
set key bottom left samplen 2
array name[3] = ['sup_t rms |f_t − f_t^{lin}|', '|θ_t − θ_0| / √width', '|Θ_t − Θ_0| / |Θ_0|']
array slope[3] = [difference, movement, drift]
stats table index 0 using 1 nooutput
first = STATS_min
last = STATS_max
set xrange [first / 1.3:last * 1.3]
do for [k = 1:3] {
    set title sprintf("%s\n%s", name[k], slope[k])
    # The lines of reference go through the mean at the first width of the fit.
    stats table index 1 using ($1 >= from ? column(k + 1) : NaN) nooutput
    at = STATS_max
    plot table index 0 using 1:(column(k + 1)) with points pt 7 ps 0.35 lc rgb '#8fb8d8' title 'networks', \
         table index 1 using 1:(column(k + 1)) with linespoints lw 2 pt 7 ps 0.6 lc rgb '#1b6ca8' title 'geometric mean', \
         [from:last] at * (x / from)**-0.5 with lines dt 2 lw 1.5 lc rgb '#c8553d' title 'width^{-1/2}', \
         [from:last] at * from / x with lines dt 3 lw 1.5 lc rgb '#555555' title 'width^{-1}'
}
unset multiplot
