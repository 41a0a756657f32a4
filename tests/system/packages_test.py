#!/usr/bin/env python3
"""What the Debian packages put on a machine, from the build in hand: where the lists of dist/debian
say, with the stock configuration, started by the init script. tests/packages/debian does the same
with the packages themselves.
"""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_config_cases
import harness
import hosts
import packaged


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hosts.require_system()
        packaged.require()
        cls.work = tempfile.mkdtemp(prefix="rookery-packages-")
        cls.files = os.path.join(cls.work, "files")
        os.mkdir(cls.files)
        packaged.assemble(cls.files, os.path.join(cls.work, "on-the-way"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.work)

    def tried(self, machines, *trials):
        with hosts.Network(machines, "example.org", hosts.System("/", self.files)) as network:
            names = [network[name] for name in machines]
            for machine in names:
                packaged.do(machine, packaged.INSTALLED)
            for trial in trials:
                trial(network)
            packaged.logcheck_rules(names)

    def alone(self, *trials):
        self.tried({"mail1": "192.0.2.11"}, *(
            lambda network, trial=trial: trial(network["mail1"]) for trial in trials))

    def test_a_single_server(self):
        self.alone(packaged.script, packaged.single, packaged.other_files)

    def test_debians_files_for_cyrus(self):
        self.alone(lambda machine: packaged.debians_cyrus_files(machine,
                                                                *check_config_cases.DEBIAN))

    def test_a_murder(self):
        self.tried(packaged.MACHINES, packaged.murder_of_stock_files)


if __name__ == "__main__":
    harness.main()
