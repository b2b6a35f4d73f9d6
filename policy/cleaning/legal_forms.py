"""The legal forms of companies, as they are written after the name, in families; data only, read by `companies`.

Forms that a company changes between, or that one country writes in several ways, share a family: "SAP AG" became
"SAP SE", and a Japanese "K.K." calls itself "Corp." or "Co., Ltd." in English. Names whose families differ are two
companies (R46).
"""

# A line is `families: form, form, ...`; forms are folded, dotted initials already joined.
_TABLE = """
inc: inc, incorporated, corp, corporation, co, and co, company, and company, companies, co inc, and co inc, cie
inc: and cie
inc: compagnie, pbc
ltd: ltd, limited, plc, pty, pty ltd, pte, pte ltd, pvt ltd, private limited, ltda, lda, sdn bhd, bhd
ltd: public limited company
ltd inc kk: co ltd, co limited
llc: llc, lc, pllc, fz llc, fzco, fze, dmcc, limited liability company
lp: lp, lllp, limited partnership
llp: llp
cic: cic
ag: ag, aktiengesellschaft, se, societas europaea
gmbh: gmbh, ggmbh, mbh, gesmbh, ges mbh, gesellschaft mbh, gesellschaft mit beschrankter haftung
gmbh: gesellschaft mit beschraenkter haftung, ug, ug haftungsbeschrankt, ug haftungsbeschraenkt
gmbh: unternehmergesellschaft, ug haftungsbeschrankt and co, ug haftungsbeschraenkt and co
kg: kg, and co kg, co kg, kommanditgesellschaft, keg
kg gmbh: gmbh u co kg, gmbh and co kg, gmbh co kg, ug and co kg, ug haftungsbeschrankt and co kg, gmbh and co ohg
kg gmbh: ug haftungsbeschraenkt and co kg
kg ag: ag and co kg, se and co kg
kgaa: kgaa, and co kgaa, co kgaa, kommanditgesellschaft auf aktien
kgaa ag: ag and co kgaa, se and co kgaa
kgaa gmbh: gmbh and co kgaa
ohg: ohg, and co ohg, og, gbr, partg, partg mbb, partgmbb
sole: ek, ekfr, ekfm, einzelunternehmen, einzelfirma
eg: eg, egen, egenossenschaft
ev: ev
sa: sa, sas, sasu, sca, scs, societe anonyme, societe par actions simplifiee, sociedad anonima, sau, sab
sa: sa de cv, sab de cv, sapi de cv, spolka akcyjna, ska, sgps, sgps sa
sarl: srl unipersonale, srl a socio unico, srl societa benefit, srl sb, sarl, eurl, sagl, sarlau, sprl, sprlu
sarl: societe a responsabilite limitee, srl, srls, bvba, sarl s
sarl: societa a responsabilita limitata, s de rl de cv
snc: snc, scop, scarl, scpa
spa: spa societa benefit, spa, sapa, societa per azioni
sl: sl, slu, sll, slp, slne, sociedad limitada, sociedad de responsabilidad limitada
scoop: s coop, scoop, sccl
nv: nv, bv, cv, vof, cvba, naamloze vennootschap, besloten vennootschap
nv sarl: bv srl, srl bv
nv sa: nv sa, sa nv
nonprofit: asbl, vzw, stichting
ab: ab, aktiebolag, publ, ab publ, aktiebolaget
as: asa, as, aps, ans, ivs, aksjeselskap, anpartsselskab, aktieselskab
oyj: oy, oyj, abp, oy ab, oyj abp, osakeyhtio, oy ltd
hf: hf, ehf
sa: psa, prosta spolka akcyjna, sa w likwidacji, saw likwidacji, saw upadlosci, saw restrukturyzacji
spzoo: spzoo, sp zo o, spzo o, sp zooo, sp zoo, sp z oo, sp z o o, sp z o oo, spolka z oo
spzoo: spolka z ograniczona odpowiedzialnoscia
spk: spk, sp k, spolka komandytowa, sp j, spj, spolka jawna, sp p, spp
spk spzoo: sp z ooska, sp z oo ska, spzoo ska, sp z oosj, sp z oo sp j, spzoo spk, sp zoo spk, sp z oo sp k
spk spzoo: sp z oo spk, sp z o o sp k, spzoo sp k
as: dis tic as, dis ticaret as, ic and dis tic as, ic and dis ticaret as
as: ao, anonim ortakligi, anonim sirketi, anonim sti, tas, turk anonim sirketi, san and tic as, tic and san as
as: san tic as, tic as, tic san as
as: sanayi and ticaret as, ticaret and sanayi as, sanayi ticaret as, ticaret as, sanayi as, san as
as: sanayi and ticaret anonim sirketi, ticaret and sanayi anonim sirketi, sanayi ticaret anonim sirketi
ltd: dis tic ltd sti, dis ticaret ltd sti, ic and dis tic ltd sti, ic and dis ticaret ltd sti
ltd: dis ticaret limited sirketi
ltd: ic and dis ticaret limited sirketi, san and dis tic ltd sti, sti, ltd sti, limited sirketi, limited sti
ltd: san and tic ltd sti, tic and san ltd sti, san tic ltd sti, tic ltd sti
ltd: tic san ltd sti, sanayi and ticaret ltd sti, ticaret and sanayi ltd sti, sanayi ticaret ltd sti, ticaret ltd sti
ltd: sanayi and ticaret limited sirketi, ticaret and sanayi limited sirketi, sanayi ticaret limited sirketi
ltd: san ltd sti
-: san and tic, tic and san, san tic, sanayi and ticaret, ticaret and sanayi, sanayi ticaret
kk inc: kk, kabushiki kaisha, kabushiki gaisha, kabushikigaisha, kabushikikaisha
gk: gk, godo kaisha, godo gaisha
yk: yk, yugen kaisha, yugen gaisha
sro: sro, spol s ro, doo, kft, ood, eood, uab, sia, ou, osauhing, ooo
as: zrt, nyrt, oao, pjsc, jsc, ojsc
"""


def _read(table: str) -> dict[tuple[str, ...], frozenset[str]]:
    forms: dict[tuple[str, ...], frozenset[str]] = {}
    for line in table.strip().splitlines():
        families, _, written = line.partition(":")
        for form in written.split(","):
            forms[tuple(form.split())] = frozenset(families.split()) - {"-"}
    return forms


FORMS = _read(_TABLE)
"""Families by form, a form being the folded words it is written with; an empty set: trade words, no form."""

LONGEST_FORM = max(map(len, FORMS))
"""So many words the longest form has."""

WRITTEN_WITHIN = {
    "株式会社": "kk",
    "(株)": "kk",
    "合同会社": "gk",
    "有限会社": "yk",
    "(有)": "yk",
    "有限公司": "ltd",
    "주식회사": "inc",
}
"""Families of the forms that scripts without spaces write before or behind the name."""

ALSO_NAMES = frozenset({"psa", "ao", "sas", "sca", "scs", "tas", "sti", "asa", "aps", "ska", "abp", "hf"})
"""Forms that are a company's whole name just as well ("SAS AB")."""
