package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real git, and a real sandbox. */
@Tag("process")
class GitIdentityTest {

    @TempDir
    private Path home;

    private Map<String, String> of(String configuration) throws Exception {
        Files.writeString(home.resolve(".gitconfig"), configuration);
        return GitIdentity.variables(home, Map.of("HOME", home.toString()));
    }

    @Test
    void nameAndMailAreTheOnlyThingsThatGoInside() throws Exception {
        assertThat(
                        of(
                                "[user]\nname = Ann \"the\" Doe\nemail = ann@example.com\n[credential]\nhelper = !cat ~/.secret\n"))
                .isEqualTo(Map.of(
                        GitIdentity.VARIABLE, "[user]\n\temail = \"ann@example.com\"\n\tname = \"Ann the Doe\"\n"));
        assertThat(of("[alias]\nx = y\n")).isEmpty();
        assertThat(GitIdentity.variables(
                        home, Map.of("HOME", home.resolve("none").toString())))
                .isEmpty();
    }

    @Test
    void sshAddressesOfGithubAreAskedByHttpsInside() throws Exception {
        try (SandboxFixture house = SandboxFixture.orSkipped()) {
            for (String address : List.of("git@github.com:acme/shop.git", "ssh://git@github.com/acme/shop.git")) {
                assertThat(house.sh("git ls-remote --get-url " + address).out().strip())
                        .isEqualTo("https://github.com/acme/shop.git");
            }
            assertThat(house.sh("git ls-remote --get-url git@example.com:acme/shop.git")
                            .out()
                            .strip())
                    .isEqualTo("git@example.com:acme/shop.git");
        }
    }

    @Test
    void commitInsideHasThePersonsName() throws Exception {
        Map<String, String> person = of("[user]\nname = Ann \\\"A\\\" Doe\nemail = ann@example.com\n");
        try (SandboxFixture house = SandboxFixture.orSkipped()) {
            SandboxSpec cell = house.cell(
                    "/bin/sh",
                    "-c",
                    "git init -q r && cd r && git commit -q --allow-empty -m x && git log -1 --format='%an <%ae>'"
                            + " && git config user.name Robot && git commit -q --allow-empty -m y"
                            + " && git log -1 --format='%an' && git config --global user.name Own && echo ${"
                            + GitIdentity.VARIABLE + "-gone}");
            SandboxSpec named = new SandboxSpec(
                    cell.command(),
                    cell.workspace(),
                    cell.socket(),
                    cell.lease(),
                    cell.trust(),
                    cell.uid(),
                    person,
                    List.of(),
                    cell.hidden(),
                    cell.covered(),
                    false,
                    OverlayMounts.NONE,
                    cell.limits());
            assertThat(house.run(named, walls -> walls))
                    .isEqualTo(new SandboxFixture.Result(0, "Ann \"A\" Doe <ann@example.com>\nRobot\ngone", ""));
        }
    }
}
