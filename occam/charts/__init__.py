"""Charts of a run: data → one compiled Vega-Lite spec plus small Arrow tables, so that a frame costs milliseconds.

Every chart is a module with the same two functions:

    draw(key, header, frames, index, *, style=Style(), …options) -> Chart
    table(header, frames, index, …options) -> pandas.DataFrame

`key` names the recording (equal keys mean equal frames), `header` and `frames` are what `occam.training.frames`
defines, `index` is the playhead: the frame a viewer looks at.  Options are static: changing one is a new picture.
`Chart.show` gives the keyword arguments of `st.vega_lite_chart`; while frames arrive only its datasets change.

    boundary    what the network says over the plane, with the samples          (a curve for one input)
    slopes      ‖∇_x f‖² over the plane                                         (an area for one input)
    losses      loss or error against step
    complexity  geometric complexity and Dirichlet energy against step
    gradients   the three squared gradient norms against step
    layers      layer-bound ratios: `draw` at the playhead, `draw_history` over training
    stability   γλ_max: `draw` as a gauge, `draw_history` over training
    pressure    loss, implicit and explicit penalties: stacked, or each on a log axis
    units       hidden units' responses as small multiples: `draw(key, header, maps, index)`, maps from the trainer

Import what is needed: `from occam.charts import boundary`, `from occam.charts.chart import Chart, Style`.
"""
