package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.CaseCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExecutedPathsTest {

    private static final ExecutedPathMatcher NAMES = ExecutedPaths.usual().names();

    @Test
    void knowsWhatRunsByItself() {
        String paths = """
                lefthook-local.yml lefthook.yaml .lefthook.toml .lefthook-local.json .config/lefthook.yml
                .dir-locals-2.el mise.local.toml .mise.production.toml .mise/config.toml web/.config/mise.toml
                .config/mise/config.toml package.yaml package.json5 bunfig.toml .lintstagedrc.mjs
                lint-staged.config.js .simple-git-hooks.cjs appveyor.yml .cirrus.yml buildspec.yml
                buildspec-test.yaml .semaphore/semaphore.yml .tekton/push.yaml railway.json
                crates/x/.cargo/config.toml .hg/hgrc .clinerules .windsurfrules CLAUDE.local.md
                deep/er/AGENTS.override.md opencode.json opencode.jsonc .opencode/plugin/x.ts .kiro/hooks/x
                .roo/rules/x .github/instructions/x.instructions.md paper/.latexmkrc paper/latexmkrc .sbtopts
                .jvmopts deploy/ansible.cfg .mvn/jvm.config src/sitecustomize.py jupyter_server_config.py
                jupyter_config.json .bazelversion .buckconfig.local .run/all.run.xml .obsidian/plugins/x/main.js
                .vela.yml .kamal/hooks/pre-deploy public/.htaccess public/.user.ini .reviewboardrc CODEBUDDY.md
                .grok/settings.json
                """;
        assertThat(paths.strip().split("\\s+")).allMatch(ExecutedPathsTest::fits);
    }

    @Test
    void passesWhatRunsWhenSomebodyCallsIt() {
        String paths = """
                Makefile Justfile build.gradle pom.xml Dockerfile src/main.js lefthook/notes.md config.toml
                cargo/config.toml instructions/x.md conftest.py gradle.properties build.rs default.nix model.pth
                jupyter.py jupyter_notebook.ipynb mylatexmkrc xpackage.json package.json.txt README.md
                """;
        assertThat(paths.strip().split("\\s+")).noneMatch(ExecutedPathsTest::fits);
    }

    /** Matches like the search: files in a matching directory run. */
    private static boolean fits(String file) {
        for (Path path = Path.of(file); path != null; path = path.getParent()) {
            if (NAMES.of(path).isPresent()) {
                return true;
            }
        }
        return false;
    }

    @Test
    void knowsWhatMayLieBelow() {
        assertThat(NAMES.below(Path.of("x/.github"))).isPresent();
        assertThat(NAMES.below(Path.of("x/.yarn"))).isPresent();
        assertThat(NAMES.below(Path.of("x/github"))).isEmpty();
        assertThat(NAMES.below(Path.of(""))).isEmpty();
        assertThat(NAMES.of(Path.of(""))).isEmpty();
    }

    @Test
    void noPatternIsThereTwice() {
        assertThat(ExecutedPaths.usual().entries())
                .extracting(ExecutedPaths.ExecutedPattern::pattern)
                .doesNotHaveDuplicates()
                .as("a seal that added as many as it could to the first list is taken still")
                .hasSizeLessThan(ExecutedPaths.MOST - 250);
    }

    @Test
    void theFileBesideThePageNamesEachWithWhoRunsIt() throws IOException {
        StringBuilder table = new StringBuilder("pattern\twho runs it\tstandard\n");
        for (ExecutedPaths.ExecutedPattern entry :
                ExecutedPaths.usual().withBuilds().entries()) {
            table.append(String.join("\t", entry.pattern(), entry.why(), entry.held() ? "read-only" : "reported"))
                    .append('\n');
        }
        assertThat(Path.of("../docs/formats/executed-paths.tsv")).content().isEqualTo(table.toString());
    }

    /** Every later version can read a seal with one of them in `except`. */
    @Test
    void whatASealMayExceptStays() {
        assertThat(ExecutedPaths.usual().patterns())
                .containsAll(List.of(Pattern.compile("\\s+").split("""
                    .git .git/hooks .git/config .git/config.worktree .git/commondir
                    .git/rebase-merge/git-rebase-todo .githooks .husky .pre-commit-config.yaml
                    lefthook.y*ml .lefthook.y*ml .github/workflows .github/actions .gitea/workflows
                    .forgejo/workflows .gitlab-ci.yml .circleci .travis.yml .buildkite .drone.yml
                    .woodpecker* azure-pipelines.yml bitbucket-pipelines.yml cloudbuild.yaml Jenkinsfile
                    .envrc mise.toml .mise.toml package.json .npmrc .yarnrc .yarnrc.yml .yarn/releases
                    .yarn/plugins .pnpmfile.*js .vscode *.code-workspace .idea .zed .fleet .exrc .nvimrc
                    .nvim.lua .dir-locals.el .devcontainer .devcontainer.json .cursor .cursorrules
                    .windsurf .claude .codex .gemini .mcp.json CLAUDE.md AGENTS.md GEMINI.md
                    .github/copilot-instructions.md\
                    """, 0)));
    }

    @Test
    @Tag("random")
    void aStarStandsForAnyCharactersOfOneName() {
        long seed = System.nanoTime();
        System.out.println("aStarStandsForAnyCharactersOfOneName: seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < CaseCount.of(20_000); i++) {
            String pattern = drawn(random, "ab.*", 1 + random.nextInt(6));
            String name = drawn(random, "ab.\n", 1 + random.nextInt(7));
            if (pattern.matches("\\*|\\.{1,2}") || name.matches("\\.{1,2}")) {
                continue;
            }
            ExecutedPathMatcher names =
                    new ExecutedPaths(List.of(new ExecutedPaths.ExecutedPattern(pattern, "x", true))).names();
            boolean fits = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"), Pattern.DOTALL)
                    .matcher(name)
                    .matches();
            assertThat(names.of(Path.of("deep", name)).isPresent())
                    .as("`%s` fits `%s`, seed %d", name, pattern, seed)
                    .isEqualTo(fits);
        }
    }

    private static String drawn(Random random, String characters, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }
}
