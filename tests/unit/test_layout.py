"""The project's shape: what imports what, and whose packages are imported."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("vision", "models", "lot_server", "cloud_sync", "api", "benchmarks")
INITS = sorted(file.relative_to(ROOT) for package in PACKAGES for file in (ROOT / package).rglob("__init__.py"))


def fresh(program, folder=ROOT):
    """What `program` prints in an interpreter of its own that does not look into the working folder."""
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def loaded_by(module):
    """The top-level names of everything that importing `module` loads."""
    return set(fresh(f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"))


@pytest.mark.parametrize("file", INITS, ids=str)
def test_an_init_says_only_what_its_package_is(file):
    """An `__init__.py` holds a docstring and nothing else, so that importing one part never drags in another."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def imports_of(file):
    """The full names of the modules that a file imports from our packages."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in PACKAGES:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("file", sorted((ROOT / "api").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_the_cloud_uses_the_rules_and_the_wire_only(file):
    """Of what is below it, the cloud imports the domain, the wire, signatures and their errors, and nothing else."""
    allowed = ("lot_server.domain", "cloud_sync.wire", "cloud_sync.signing", "cloud_sync.errors", "api")
    ours = [name for name in imports_of(file) if name.partition(".")[0] in PACKAGES]
    assert [name for name in ours if not f"{name}.".startswith(tuple(f"{each}." for each in allowed))] == []


def test_every_package_is_looked_at():
    """Each of the six packages has its `__init__.py`, and tests have none."""
    assert set(PACKAGES) <= {file.parts[0] for file in INITS if len(file.parts) == 2}
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_file_is_called_models():
    """`models` is the package of the networks; rows of a database live in `tables.py`."""
    assert not [file for package in PACKAGES for file in (ROOT / package).rglob("models.py")]


def test_the_cloud_reads_no_pixels():
    """The cloud service runs where neither OpenCV nor onnxruntime is installed."""
    assert not loaded_by("api.main") & {"cv2", "onnxruntime", "numpy", "torch", "vision", "models"}


@pytest.mark.parametrize("module", ["vision.pipeline", "lot_server.main", "cloud_sync.main", "models.registry"])
def test_nothing_at_a_lot_needs_the_training_stack(module):
    """Reading plates and running a lot load none of the heavy extras."""
    assert not loaded_by(module) & {"torch", "torchvision", "ultralytics", "easyocr"}


def test_the_sync_process_reads_no_pixels():
    """The mirror runs beside the cameras without loading a network."""
    assert not loaded_by("cloud_sync.main") & {"cv2", "onnxruntime", "numpy", "vision", "models"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_our_own(package):
    """No other distribution of the same name is imported in place of ours."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert Path(spec.origin).resolve() == ROOT / package / "__init__.py"


@pytest.fixture
def foreign_folder(tmp_path):
    """A working folder with packages of our names in it that must not be imported."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('a foreign package was imported')")
    return tmp_path


def test_a_folder_of_the_same_name_is_not_imported(foreign_folder):
    """With PYTHONSAFEPATH=1, as every service runs, a `models/` in the working folder does not win."""
    files = fresh(
        f"import {', '.join(PACKAGES)}; print(*(p.__file__ for p in ({', '.join(PACKAGES)})))", foreign_folder
    )
    assert [Path(file).resolve() for file in files] == [ROOT / package / "__init__.py" for package in PACKAGES]


@pytest.mark.parametrize("command", [["--version"], ["sync", "--help"], ["models", "--help"]], ids=" ".join)
@pytest.mark.parametrize("start", ["script", "module"])
def test_the_command_works_from_anywhere(foreign_folder, start, command):
    """`openlot` and `python -m openlot` run our packages from a folder that holds foreign ones."""
    script = Path(sys.executable).with_name("openlot")
    words = [str(script)] if start == "script" else [sys.executable, "-m", "openlot"]
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [*words, *command], cwd=foreign_folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "foreign" not in done.stderr
