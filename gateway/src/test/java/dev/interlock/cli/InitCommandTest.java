package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        arguments.addAll(List.of(more));
        return interlock(arguments.toArray(String[]::new));
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void allThatIsMissingIsSaidAtOnce() {
        assertThat(interlock("init", "--person=ann")).isEqualTo(Exit.DATA);
        assertThat(errors())
                .contains("--organisation", "--key", "--upstream", "--address")
                .doesNotContain("--person,");
    }

    @Test
    void onePersonWithASoftwareKeyIsWarnedThatNobodyCanConfirm() throws IOException {
        assertThat(init(TestingKey.software())).isEqualTo(Exit.OK);
        assertThat(errors()).contains("nobody can confirm").contains("--confirmer");
    }

    @Test
    void aKeyInHardwareOrASecondPersonCanConfirm() throws IOException {
        assertThat(init(TestingKey.hardware())).isEqualTo(Exit.OK);
        assertThat(errors()).doesNotContain("nobody can confirm");
    }

    @Test
    void whatItWritesIsSoundAndIsTested() throws IOException {
        Path bob = Files.writeString(
                directory.resolve("bob.pub"), TestingKey.software().line());
        Path authority = Files.writeString(directory.resolve("ca.pem"), """
                -----BEGIN CERTIFICATE-----
                MIIB
                -----END CERTIFICATE-----
                """);
        String place = "railway:environment/e-1";
        assertThat(init(
                        TestingKey.software(),
                        "--confirmer=bob=" + bob,
                        "--ca=" + authority,
                        "--place=" + place + "=staging"))
                .isEqualTo(Exit.OK);
        assertThat(errors()).doesNotContain("nobody can confirm").doesNotContain("nothing is placed");
        assertThat(interlock("policy", "test", "--config=" + directory.resolve("made/gateway.yaml")))
                .as(errors())
                .isEqualTo(Exit.OK);
        assertThat(Files.readString(directory.resolve("made/policy/interlock.yaml")))
                .contains(
                        "  bob:\n    groups: [owners]", "      MIIB\n", "\"" + place + "\": {environments: [staging]}");
    }

    @Test
    void aSealThatThePinnedKeysDidNotSignIsNotPutInPlace() throws Exception {
        assertThat(init(TestingKey.software(), "--data=" + directory.resolve("data"), "--run=/tmp/interlock-run"))
                .isEqualTo(Exit.OK);
        Path stranger = directory.resolve("stranger");
        int made = new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger.toString())
                .start()
                .waitFor();
        assertThat(made).isZero();
        assertThat(interlock("seal", "--key=" + stranger, "--config=" + directory.resolve("made/gateway.yaml")))
                .isEqualTo(Exit.NO);
        assertThat(errors()).contains("nothing was written");
        assertThat(directory.resolve("data/seal.json")).doesNotExist();
    }

    @Test
    void socketsThatWouldHaveTooLongAPathAreRefusedBeforeAnythingRuns() throws IOException {
        assertThat(init(TestingKey.software(), "--run=/run/" + "x".repeat(50))).isEqualTo(Exit.OK);
        assertThat(interlock("status", "--config=" + directory.resolve("made/gateway.yaml")))
                .isEqualTo(Exit.DATA);
        assertThat(errors()).contains("is too long for sockets", "choose a shorter one");
    }

    @Test
    void aMissingConfigurationIsSaidInOneSentence() {
        assertThat(interlock("status", "--config=" + directory.resolve("none.yaml")))
                .isEqualTo(Exit.DATA);
        assertThat(errors()).isEqualTo("interlock: there is no file `" + directory.resolve("none.yaml") + "`\n");
    }

    @Test
    void everyCommandHasAnExample() {
        for (String command : List.of(
                "init",
                "install",
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
            assertThat(out.toString(StandardCharsets.UTF_8)).as(command).contains("Example:");
        }
    }
}
