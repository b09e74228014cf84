package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
        return GitIdentity.variables(
                home,
                Map.of(
                        "HOME",
                        home.toString(),
                        "GIT_CONFIG_SYSTEM",
                        home.resolve("none").toString()));
    }

    @Test
    void nameAndMailAreTheOnlyThingsThatGoInside() throws Exception {
        assertThat(
                        of(
                                "[user]\nname = Ann \"the\" Doe\nemail = ann@example.com\n[credential]\nhelper = !cat ~/.secret\n"))
                .isEqualTo(Map.of(
                        GitIdentity.VARIABLE, "[user]\n\temail = \"ann@example.com\"\n\tname = \"Ann the Doe\"\n"));
        assertThat(of("[alias]\nx = y\n")).isEmpty();
        String none = home.resolve("none").toString();
        assertThat(GitIdentity.variables(home, Map.of("HOME", none, "GIT_CONFIG_SYSTEM", none)))
                .isEmpty();
    }

    /** Without the filter, git would take the files for changed, and commit them whole. */
    @Test
    void largeFilesStayWhatPointsToThem() throws Exception {
        assumeTrue(Host.program("git-lfs").isPresent(), "needs git-lfs");
        String filter = "[filter \"lfs\"]\nclean = evil\nprocess = evil\n[user]\nname = Ann\nemail = a@b\n";
        Map<String, String> person = of(filter);
        Files.writeString(home.resolve("system"), filter);
        assertThat(GitIdentity.variables(
                                home,
                                Map.of(
                                        "HOME",
                                        home.resolve("none").toString(),
                                        "GIT_CONFIG_SYSTEM",
                                        home.resolve("system").toString()))
                        .keySet())
                .containsExactly(GitIdentity.LARGE_FILES);
        assertThat(person.toString()).doesNotContain("evil");

        try (SandboxFixture house = SandboxFixture.orSkipped()) {
            SandboxFixture.Result result = house.run(
                    spec(
                            house,
                            person,
                            "git init -q -b main r && cd r && echo '*.bin filter=lfs -text' >.gitattributes"
                                    + " && echo large >a.bin && git add . && git commit -q -m x && git show HEAD:a.bin | head -1"
                                    + " && rm a.bin && git checkout -q . && cat a.bin && git status --porcelain"
                                    + " && rm -rf .git/lfs/objects a.bin && git checkout -q . 2>/dev/null && head -1 a.bin"
                                    + " && git config --global --get-all filter.lfs.required"),
                    walls -> walls);
            String pointer = "version https://git-lfs.github.com/spec/v1";
            assertThat(result.out()).isEqualTo(pointer + "\nlarge\n" + pointer + "\ntrue");
        }
    }

    private static SandboxSpec spec(SandboxFixture house, Map<String, String> variables, String script) {
        SandboxSpec cell = house.cell("/bin/sh", "-c", script);
        return new SandboxSpec(
                cell.command(),
                cell.workspace(),
                cell.socket(),
                cell.lease(),
                cell.trust(),
                cell.uid(),
                variables,
                List.of(),
                cell.hidden(),
                cell.covered(),
                false,
                OverlayMounts.NONE,
                cell.limits());
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
            SandboxSpec named = spec(
                    house,
                    person,
                    "git init -q r && cd r && git commit -q --allow-empty -m x && git log -1 --format='%an <%ae>'"
                            + " && git config user.name Robot && git commit -q --allow-empty -m y"
                            + " && git log -1 --format='%an' && git config --global user.name Own && echo ${"
                            + GitIdentity.VARIABLE + "-gone}");
            assertThat(house.run(named, walls -> walls))
                    .isEqualTo(new SandboxFixture.Result(0, "Ann \"A\" Doe <ann@example.com>\nRobot\ngone", ""));
        }
    }
}
