"""TABLE of symptoms: facts that questionnaires record and disease rules read. A code means the same in every form.

A fact is (value, at_ms): 1 for yes and 0 for no, or the number of a scale. The newest form that asked decides.
"""

from collections.abc import Mapping

from schemas.vital_sign import Text

SYMPTOMS: Mapping[str, Text] = {
    # General emergency symptoms (disease rule GEN-01)
    "chest_pain": Text("brystsmerter nu", "chest pain now"),
    "unresponsive": Text("bevidstløs eller ikke til at vække", "unconscious or cannot be woken"),
    "stroke_signs": Text("ny lammelse eller talebesvær", "new one-sided weakness or loss of speech"),
    "cannot_speak": Text("kan ikke tale for åndenød", "cannot speak for breathlessness"),
    "heavy_bleeding": Text("kraftig blødning", "heavy bleeding"),
    "seizure": Text("krampeanfald", "seizure"),
    # COPD diary (COPD-05 to 07): major, then minor
    "dyspnoea_more": Text("mere åndenød end vanligt", "more breathless than usual"),
    "sputum_more": Text("mere slim", "more sputum"),
    "sputum_colour": Text("slim gult eller grønt", "sputum yellow or green"),
    "cold": Text("forkølet eller ondt i halsen", "cold or sore throat"),
    "wheeze_more": Text("mere hvæsen", "more wheeze"),
    "cough_more": Text("mere hoste", "more cough"),
    "fever_felt": Text("feber uden anden grund", "fever without other cause"),
    "dyspnoea_scale": Text("åndenød 0-10", "breathlessness 0-10"),
    # Heart failure (HF-10, HF-11): group 1, then group 2
    "swelling_more": Text("mere hævet", "more swollen"),
    "light_headed": Text("svimmel", "light-headed"),
    "woke_breathless": Text("vågnede af åndenød", "woke breathless"),
    "slept_propped": Text("sov mere oprejst end vanligt", "slept propped up more than usual"),
    "change": Text(
        "ændring siden i går, 0 bedre til 3 meget værre", "change since yesterday, 0 better to 3 much worse"
    ),
    # Pregnancy (PREG-03, PREG-04) and severe hypertension (HTN-04)
    "severe_headache": Text("svær hovedpine", "severe headache"),
    "visual_disturbance": Text("synsforstyrrelser", "visual disturbance"),
    "epigastric_pain": Text("smerter øverst i maven", "upper abdominal pain"),
    "vomiting": Text("opkastning", "vomiting"),
    "sudden_swelling": Text("pludselig hævelse", "sudden swelling"),
    "fetal_movement_less": Text("mindre liv", "reduced fetal movement"),
    "foul_fluid": Text("ildelugtende fostervand", "foul-smelling fluid"),
    "contractions": Text("veer", "contractions"),
    "uterus_tender": Text("øm livmoder", "tender uterus"),
    # Low pressure (HTN-05) and low glucose (DM-03)
    "fell": Text("faldet", "fallen"),
    "hypo_help": Text("havde brug for hjælp ved lavt blodsukker", "needed help with low glucose"),
    # Cancer treatment (CA-01): 0 none to 4 worst
    "feels_ill": Text("utilpas", "feels ill"),
    "ketones_unwell": Text("kvalme eller hurtig vejrtrækning ved højt blodsukker", "nausea or fast breathing"),
}
"""Code -> its words. Forms of an institution may record other codes; no shipped rule reads those."""
