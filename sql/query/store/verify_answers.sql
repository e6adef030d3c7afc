SELECT question, size, root, answer FROM figure_cache WHERE question NOT GLOB 'figures/1 *'
