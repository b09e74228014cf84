package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.Catalogs;
import dev.interlock.config.Config;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class InitCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private int interlock(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private int init(TestingKey key, String... more) throws IOException {
        Path line = Files.writeString(directory.resolve("ann.pub"), key.line() + " ann\n");
        List<String> arguments = new ArrayList<>(List.of(
                "init",
                "--dir=" + directory.resolve("made"),
                "--organisation=pocketos",
                "--person=ann",
                "--key=" + line,
                "--upstream=railway",
                "--address=https://localhost:1"));
        for (String other : more) {
            // It replaces an option that may be given once.
            arguments.removeIf(given -> given.startsWith(other.substring(0, other.indexOf('=') + 1)));
            arguments.add(other);
        }
        return interlock(arguments.toArray(String[]::new));
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** In a checkout the launcher has the name of the directory that `init` writes by default. */
    @Test
    @Tag("process")
    void aPathThatIsNoDirectoryIsReported() throws IOException {
        Path file = Files.writeString(directory.resolve("interlock"), "#!/bin/sh\n");
        assertThat(init(TestingKey.hardware(), "--dir=" + file)).isEqualTo(ExitCodes.USAGE);
        assertThat(errors()).contains("is not a directory: name another with --dir");
        assertThat(file).content().isEqualTo("#!/bin/sh\n");
    }

    @Test
    void aUserWithAnInvalidNameIsReported() {
        StarterPolicy starter = new StarterPolicy(
                "pocketos",
                "ann",
                TestingKey.hardware().line(),
                "cursor",
                "railway",
                "railway",
                "https://localhost:1",
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        assertThat(InitCommand.warnings(starter, "CORP+ann")).anyMatch(warning -> warning.contains("`CORP+ann`"));
        assertThat(InitCommand.warnings(starter, "CORP\\ann")).noneMatch(warning -> warning.contains("CORP"));
    }

    @Test
    @Tag("process")
    void allMissingAnswersAreReportedAtOnce() {
        assertThat(interlock("init", "--person=ann")).isEqualTo(ExitCodes.USAGE);
        assertThat(errors())
                .contains("--organisation", "--key", "--upstream", "--address")
                .doesNotContain("--person,");
    }

    @Test
    @Tag("process")
    void onePersonWithASoftwareKeyIsWarnedThatNobodyCanConfirm() throws IOException {
        assertThat(init(TestingKey.software())).isEqualTo(ExitCodes.OK);
        assertThat(errors()).contains("nobody can yet approve").contains("--confirmer");
    }

    @Test
    @Tag("process")
    void aKeyInHardwareOrASecondPersonCanConfirm() throws IOException {
        assertThat(init(TestingKey.hardware())).isEqualTo(ExitCodes.OK);
        assertThat(errors()).doesNotContain("nobody can yet approve");
    }

    @Test
    @Tag("process")
    void theWrittenDirectoryIsSoundAndTested() throws IOException {
        Path bob = Files.writeString(
                directory.resolve("bob.pub"), TestingKey.software().line());
        Path authority = authority();
        String place = "railway:environment/e-1";
        assertThat(init(
                        TestingKey.software(),
                        "--confirmer=bob=" + bob,
                        "--ca=" + authority,
                        "--place=" + place + "=staging"))
                .isEqualTo(ExitCodes.OK);
        assertThat(errors())
                .doesNotContain("nobody can yet approve")
                .doesNotContain("no resource is mapped to an environment");
        assertThat(interlock("policy", "test", "--config=" + directory.resolve("made/gateway.yaml")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(Files.readString(directory.resolve("made/policy/interlock.yaml")))
                .contains(
                        "  bob:\n    groups: [owners]",
                        "      -----BEGIN CERTIFICATE-----\n",
                        "\"" + place + "\": {environments: [staging]}");
    }

    /** A database is added by its address, and the web by its own, after the first upstream. */
    static Stream<String> catalogs() {
        return Catalogs.builtIn().names().stream()
                .filter(name -> !Set.of("pg", "web").contains(name));
    }

    /** Nobody writes through a registry of packages, so a scenario that writes there would be red at once. */
    @ParameterizedTest
    @MethodSource("catalogs")
    @Tag("process")
    void theScenariosOfEachCatalogPassAtOnce(String catalog) throws IOException {
        assertThat(init(TestingKey.hardware(), "--upstream=" + catalog, "--catalog=" + catalog))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        out.reset();
        assertThat(interlock("policy", "test", "--config=" + directory.resolve("made/gateway.yaml")))
                .as(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("  ok    reading is ordinary work");
    }

    @Test
    @Tag("process")
    void aSealThatThePinnedKeysDidNotSignIsNotPutInPlace() throws Exception {
        assertThat(init(TestingKey.software(), "--data=" + directory.resolve("data"), "--run=/tmp/interlock-run"))
                .isEqualTo(ExitCodes.OK);
        Path stranger = directory.resolve("stranger");
        int made = new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger.toString())
                .start()
                .waitFor();
        assertThat(made).isZero();
        assertThat(interlock("seal", "--key=" + stranger, "--config=" + directory.resolve("made/gateway.yaml")))
                .isEqualTo(ExitCodes.NO);
        assertThat(errors()).contains("nothing was written");
        assertThat(directory.resolve("data/seal.json")).doesNotExist();
    }

    @Test
    @Tag("process")
    void socketsThatWouldHaveTooLongAPathAreRefusedBeforeAnythingRuns() throws IOException {
        assertThat(init(TestingKey.software(), "--run=/run/" + "x".repeat(50))).isEqualTo(ExitCodes.USAGE);
        assertThat(errors()).contains("is too long for sockets", "choose a shorter one", "nothing was written");
        assertThat(directory.resolve("made")).doesNotExist();
        assertThat(init(TestingKey.software())).isEqualTo(ExitCodes.OK);
        Path config = directory.resolve("made/gateway.yaml");
        Files.writeString(
                config, Files.readString(config).replace("run: /run/interlock", "run: /run/" + "x".repeat(50)));
        assertThat(interlock("status", "--config=" + config)).isEqualTo(ExitCodes.DATA);
    }

    @Test
    @Tag("process")
    void anOwnCatalogIsCopiedAndSealable() throws IOException {
        Path own = Files.writeString(directory.resolve("mine.yaml"), Catalogs.example("rest"));
        assertThat(init(TestingKey.software(), "--catalog=" + own)).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(directory.resolve("made/policy/catalogs/shop.yaml")).hasSameTextualContentAs(own);
        assertThat(interlock("policy", "test", "--config=" + directory.resolve("made/gateway.yaml")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(Files.readString(directory.resolve("made/policy/interlock.yaml")))
                .contains(
                        "    #   shop:order/ID: {environments: [staging]}\n",
                        "    #   shop:account/self: {environments: [staging]}\n");
        assertThat(init(
                        TestingKey.software(),
                        "--catalog=" + own,
                        "--place=shop:order/*=staging",
                        "--dir=" + directory.resolve("placed")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(Files.readString(directory.resolve("placed/policy/interlock.yaml")))
                .contains("      \"shop:order/*\": {environments: [staging]}\n    # Types without an environment so"
                        + " far:\n"
                        + "    #   shop:account/self: {environments: [staging]}\n")
                .doesNotContain("shop:order/ID");
        Path tame = Files.writeString(
                directory.resolve("tame.yaml"), Catalogs.example("rest").replace("provider: shop", "provider: github"));
        assertThat(init(TestingKey.software(), "--catalog=" + tame, "--dir=" + directory.resolve("other")))
                .isEqualTo(ExitCodes.DATA);
        assertThat(errors()).contains("`github` comes with Interlock");
    }

    /** A reader who has copied the catalog from the documentation goes on with the text below it. */
    @Test
    @Tag("process")
    void whatTheDocumentationSaysGoesWithItsCatalogIsWhole() throws IOException {
        Path own = Files.writeString(directory.resolve("shop.yaml"), Catalogs.example("rest"));
        assertThat(init(TestingKey.software(), "--catalog=" + own)).as(errors()).isEqualTo(ExitCodes.OK);
        String docs = Files.readString(Path.of("../docs/catalogs.md"));
        String upstreams = docs.substring(docs.indexOf("```yaml\nupstreams:\n") + "```yaml\n".length());
        Path yaml = directory.resolve("made/policy/interlock.yaml");
        String text = Files.readString(yaml);
        Files.writeString(
                yaml,
                text.substring(0, text.indexOf("upstreams:\n"))
                        + upstreams.substring(0, upstreams.indexOf("```"))
                        + text.substring(text.indexOf("\n# What an agent may do")));
        String config = "--config=" + directory.resolve("made/gateway.yaml");
        assertThat(interlock("policy", "lint", config)).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(" wide: ")
                .doesNotContain("unplaced: ", "untouched: ");
        assertThat(interlock("policy", "test", config)).as(errors()).isEqualTo(ExitCodes.OK);
    }

    private Path authority() throws IOException {
        try (RailwaySimulator provider = RailwaySimulator.start(directory.resolve("provider"))) {
            return Files.copy(provider.authority(), directory.resolve("ca.pem"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--address=backboard.railway.com",
                "--address=http://backboard.railway.com",
                "--catalog=heroku",
                "--ca=ann.pub",
                "--place=environment/x=staging",
                "--place=railway:environment/x=qa",
                "--listen=foo",
                "--listen=127.0.0.1:http",
                "--listen=10.0.0.1:7411",
                "--organisation=two words",
                "--environment=no such"
            })
    @Tag("process")
    void unusableInputIsRefusedBeforeAnythingIsWritten(String slip) throws IOException {
        assertThat(init(TestingKey.software(), slip.replace("=ann.pub", "=" + directory.resolve("ann.pub"))))
                .isEqualTo(slip.startsWith("--ca=") ? ExitCodes.DATA : ExitCodes.USAGE);
        assertThat(errors()).contains("nothing was written");
        assertThat(directory.resolve("made")).doesNotExist();
        assertThat(init(TestingKey.software())).as(errors()).isEqualTo(ExitCodes.OK);
    }

    @Test
    @Tag("process")
    void pathsWithSpacesAndColonsAreWrittenSoThatTheyAreReadAgain() throws IOException {
        Path odd = directory.resolve("da ta: \"x\" #1");
        assertThat(init(TestingKey.software(), "--data=" + odd, "--dir=" + directory.resolve("ma de")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        assertThat(Config.read(directory.resolve("ma de/gateway.yaml")).data()).isEqualTo(odd);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("interlock policy test --config '" + directory.resolve("ma de/gateway.yaml") + "'");
    }

    @Test
    @Tag("process")
    void aSoftwareKeyMayConfirmOnlyExplicitly() throws IOException {
        assertThat(init(TestingKey.software())).isEqualTo(ExitCodes.OK);
        assertThat(errors()).contains("software-keys: true", "reported as weak");
        err.reset();
        assertThat(init(TestingKey.hardware(), "--dir=" + directory.resolve("other")))
                .isEqualTo(ExitCodes.OK);
        assertThat(errors()).doesNotContain("software-keys");
    }

    @Test
    @Tag("process")
    void examplesAreShownAsTheyWouldBePasted() {
        interlock("init", "--help");
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("--upstream railway --address https://backboard.railway.com \\\n");
    }

    @Test
    @Tag("process")
    void aCommandLineMistakeIsOneLine() {
        assertThat(interlock("lease", "issue", "--agnt=jer/cursor")).isEqualTo(ExitCodes.USAGE);
        assertThat(errors().lines())
                .singleElement()
                .asString()
                .startsWith("interlock: ")
                .endsWith("; see `interlock lease issue --help`");
    }

    @Test
    @Tag("process")
    void aMissingConfigurationIsReportedInOneSentence() {
        assertThat(interlock("status", "--config=" + directory.resolve("none.yaml")))
                .isEqualTo(ExitCodes.DATA);
        assertThat(errors())
                .isEqualTo("interlock: there is no file `" + directory.resolve("none.yaml")
                        + "`: name another with --config, or make one: sudo interlock setup\n");
    }

    @Test
    @Tag("process")
    void everyCommandHasAnExample() {
        for (String command : List.of(
                "init",
                "vault put",
                "vault list",
                "vault remove",
                "policy test",
                "seal",
                "up",
                "status",
                "lease issue",
                "lease list",
                "lease revoke",
                "elevate",
                "run",
                "hold list",
                "hold show",
                "hold sign",
                "hold deny",
                "kill",
                "receipts",
                "prove",
                "verify",
                "demo")) {
            out.reset();
            interlock((command + " --help").split(" ", -1));
            assertThat(out.toString(StandardCharsets.UTF_8)).as(command).contains("Examples:");
        }
    }

    /** The check that CI is told to run must not fail on what nobody has touched. */
    @Test
    void theUntouchedPolicyPassesTheStrictCheck() throws IOException {
        Path bob = Files.writeString(
                directory.resolve("bob.pub"), TestingKey.hardware().line() + " bob\n");
        List<List<String>> variants = List.of(
                List.of(),
                List.of("--preset=strict"),
                List.of("--confirmer=bob=" + bob),
                List.of("--upstream=github", "--catalog=github", "--address=https://api.github.com"));
        for (int i = 0; i < variants.size(); i++) {
            List<String> options = new ArrayList<>(variants.get(i));
            Path made = directory.resolve("variant" + i);
            options.add("--dir=" + made);
            assertThat(init(i % 2 == 0 ? TestingKey.hardware() : TestingKey.software(), options.toArray(String[]::new)))
                    .as(errors())
                    .isEqualTo(ExitCodes.OK);
            out.reset();
            assertThat(interlock("policy", "lint", "--strict", "--config=" + made.resolve("gateway.yaml")))
                    .as("%s, beside gateway.yaml: %s", variants.get(i), out)
                    .isEqualTo(ExitCodes.OK);
            Path checkedOut = Files.createDirectory(directory.resolve("ci" + i)); // without the machine's settings
            Files.move(made.resolve("policy"), checkedOut.resolve("policy"));
            assertThat(interlock(
                            "policy",
                            "lint",
                            "--strict",
                            checkedOut.resolve("policy").toString()))
                    .as("%s: %s", variants.get(i), out)
                    .isEqualTo(ExitCodes.OK);
        }
    }

    @Test
    void aSecondPersonIsOneOfTheQuorumThatSealsThePolicy() throws IOException {
        TestingKey ann = TestingKey.hardware();
        String bob = TestingKey.hardware().line();
        Path file = Files.writeString(directory.resolve("bob.pub"), bob + " bob\n");
        assertThat(init(ann, "--confirmer=bob=" + file)).as(errors()).isEqualTo(ExitCodes.OK);
        assertThat(Config.read(directory.resolve("made/gateway.yaml"))
                        .sealSigners()
                        .publicKeys())
                .containsExactlyInAnyOrder(SshPublicKey.parse(ann.line()), SshPublicKey.parse(bob));
        assertThat(Files.readString(directory.resolve("made/gateway.yaml"))).contains("quorum: 2");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("--sign seal.json", "bob signs too");
        assertThat(init(ann, "--dir=" + directory.resolve("alone"))).isEqualTo(ExitCodes.OK);
        assertThat(Files.readString(directory.resolve("alone/gateway.yaml"))).contains("quorum: 1");
    }
}
