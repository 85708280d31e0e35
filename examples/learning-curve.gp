# Draws what the program digits prints: accuracy and loss against training time.
#   gnuplot -e "table='build/digits.txt'; picture='build/learning-curve.svg'" examples/learning-curve.gp
set terminal svg size 760,460 font 'sans-serif,13' background '#ffffff'
set output picture
set title 'Infinitely wide ReLU network, 3 hidden layers, handwritten digits'
set xlabel 'training time t (learning rate 1)'
set logscale x
set format x '10^{%L}'
set ylabel 'test accuracy, %'
set yrange [80:100]
set ytics nomirror
set y2label 'loss, mean of |f − y|^2 / 2'
set logscale y2
set y2range [1e-3:1] # the training loss goes on falling to the rounding of its sum
set format y2 '10^{%L}'
set y2tics
set grid x y lc rgb '#dddddd'
set key at graph 0.36,0.62
plot table using 1:2 axes x1y1 with linespoints lw 2 pt 7 ps 0.6 lc rgb '#1b6ca8' title 'test accuracy', \
     table using 1:3 axes x1y2 with lines lw 2 lc rgb '#c8553d' title 'test loss', \
     table using 1:4 axes x1y2 with lines lw 2 dt 2 lc rgb '#c8553d' title 'training loss'
