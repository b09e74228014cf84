package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The files of a workspace that run by themselves later. A person's git, editor, shell, package manager, CI or next
 * agent finds, reads and obeys them by itself. Files that are run by name, such as a {@code Makefile} or a test, are
 * not among them.
 */
public record ExecutedPaths(List<ExecutedPattern> entries) {

    /** The maximum number of patterns. Nobody would read a longer list in a seal. */
    public static final int MOST = 600;

    private static final int LONGEST = 200;

    private static final String ADDED = "the seal lists it as executed automatically";

    /**
     * One kind of path.
     *
     * @param pattern names of files or directories, separated by {@code /}, which the path ends with, at any depth;
     *     {@code *} matches any characters of one name. {@code .git} matches every directory that git uses as a
     *     repository
     * @param why who runs it, and when, as a clause
     * @param held whether an agent may not write it. Others are only reported when it has changed them
     */
    public record ExecutedPattern(String pattern, String why, boolean held) {
        public ExecutedPattern {
            requirePattern(pattern);
        }
    }

    /**
     * Grouped by the program that runs them. Those that run without somebody who knows it are held: with a commit, on
     * entering a directory, on opening it. A pattern must never be removed: a seal may name it as an exception.
     */
    private static final ExecutedPaths USUAL = new ExecutedPaths(Stream.of(
                    by("git treats it as a repository and runs what is configured there", ".git"),
                    by("git runs it at the next commit, checkout, merge or push", ".git/hooks"),
                    by("git runs what it names: hooks, filters, editors, transports, aliases", ".git/config"),
                    by("git loads configuration and hooks from where it points", ".git/commondir"),
                    by("git runs its `exec` lines when the rebase goes on", ".git/rebase-merge/git-rebase-todo"),
                    by("git runs it, or what it names, with the next commands there", """
                        .git/config.worktree .githooks .git-hooks .husky .huskyrc* .pre-commit-config.yaml
                        .pre-commit-config.yml prek.toml lefthook.y*ml .lefthook.y*ml lefthook.toml .lefthook.toml
                        lefthook.json* .lefthook.json* lefthook-local.* .lefthook-local.* .config/lefthook*
                        .lefthook .lefthook-local .lintstagedrc* lint-staged.config.* .simple-git-hooks.*
                        simple-git-hooks.* .overcommit.yml captainhook.json .captainhook.json .rusty-hook.toml
                        .trunk .qlty\
                        """),
                    by("its version control runs what it names, with the next command there", """
                        .hg/hgrc* .sl/config .jj/repo/config.toml .jj/workspace-config.toml _darcs/prefs
                        .pijul/config .repo/repo .gclient .arcconfig .arclint .reviewboardrc\
                        """),
                    started("the code host's CI runs it after the next push", """
                        .github/workflows .github/actions .gitea/workflows .gitea/actions .forgejo/workflows
                        .forgejo/actions .gitlab-ci.yml .gitlab-ci .gitlab/ci .circleci .travis.yml .buildkite
                        .drone.yml .drone.yaml .drone.star .drone.jsonnet .woodpecker* azure-pipelines.yml
                        azure-pipelines.yaml azure-pipelines-*.y*ml .azure-pipelines .azuredevops
                        bitbucket-pipelines.yml cloudbuild.yaml cloudbuild.yml cloudbuild.json Jenkinsfile
                        Jenkinsfile.* appveyor.yml .appveyor.yml .cirrus.yml .cirrus.star buildspec*.y*ml .semaphore
                        .tekton .teamcity .builds .build.yml codefresh.y*ml .codefresh bitrise.yml codemagic.yaml
                        .screwdriver screwdriver.yaml .harness wercker.yml .scrutinizer.yml .zuul.yaml .zuul.d
                        zuul.yaml zuul.d .prow.yaml .prow .taskcluster.yml .packit.y*ml packit.y*ml .copr
                        .vela.y*ml\
                        """),
                    started("the host that builds and deploys runs its commands after the next push", """
                        railway.json railway.toml netlify.toml vercel.json render.yaml amplify.yml heroku.yml
                        Procfile nixpacks.toml railpack.json .readthedocs.y*ml wrangler.toml wrangler.json*
                        apphosting*.yaml .ebextensions .platform .platform.app.yaml .upsun appspec.y*ml .kamal\
                        """),
                    by("the shell loads it when somebody enters the directory", """
                        .envrc .envrc.* .direnv .autoenv* mise.toml .mise.toml mise.*.toml .mise.*.toml
                        .mise/config* mise/config* .config/mise .config/mise.toml .config/mise.*.toml .rtx.toml
                        .tool-versions devbox.json flake.nix flake.lock shell.nix devenv.nix devenv.yaml
                        .shadowenv.d devenv.local.* .flox .prototools .rbenv-vars\
                        """),
                    started("the package manager runs its scripts, or what it names, with the next command", """
                        package.json package.yaml package.json5 .npmrc .yarnrc .yarnrc.yml .yarn/releases
                        .yarn/plugins .yarn/sdks .pnp.*js .pnpmfile.*js pnpm-workspace.yaml bunfig.toml
                        composer.json .bundle .corepack.env\
                        """),
                    started("the build tool loads it, or runs what it names, with the next command", """
                        .cargo/config .cargo/config.toml rust-toolchain rust-toolchain.toml .mvn gradle/wrapper
                        .bazelrc .bazeliskrc .bazelversion tools/bazel .sbtopts .jvmopts .sbtrc .mill-jvm-opts
                        .mill-opts .buckconfig* .plzconfig* pants.toml .pants.rc .pants.bootstrap profiles.clj
                        .latexmkrc latexmkrc ansible.cfg .chef Saltfile\
                        """),
                    by("the interpreter or debugger loads it when somebody starts one in the directory", """
                        .Rprofile .Renviron .RData .irbrc .pryrc .byebugrc .rdbgrc .iex.exs .ghci .ocamlinit
                        .octaverc .perldb .pdbrc .gdbinit .lldbinit .jdbrc jdb.ini .valgrindrc sitecustomize.py
                        usercustomize.py jupyter*_config.py jupyter*_config.json startup.m .rootrc rootlogon.C
                        .erlang\
                        """),
                    by("the web server loads its settings from it with the next request", ".htaccess .user.ini"),
                    by("the editor reads tasks and programs to start from it when it opens the directory", """
                        .vscode *.code-workspace .idea .zed .fleet .helix .nova .vs .idx .exrc .vimrc .lvimrc
                        .local.vimrc .nvimrc .nvim.lua .vim/coc-settings.json .ycm_extra_conf.py .luarc.json
                        .dir-locals.el .dir-locals-2.el *.sublime-project .externalToolBuilders .devcontainer
                        .devcontainer.json .gitpod.yml .gitpod .ona devfile.yaml .devfile.yaml .replit
                        replit.nix .codesandbox .stackblitzrc .bsp hie.yaml .run .theia .bloop .factorypath
                        .lazy.lua .luarc.jsonc .vimspector.json .emacs.desktop .kateproject .obsidian\
                        """),
                    started("the next coding agent reads it as instructions", """
                        CLAUDE.md CLAUDE.local.md AGENTS.md AGENTS.override.md AGENT.md GEMINI.md QWEN.md CRUSH.md
                        WARP.md CODEBUDDY.md IFLOW.md .cursorrules .windsurfrules .roorules* .continuerules
                        .augment-guidelines .goosehints .rules .github/copilot-instructions.md
                        .github/instructions .github/prompts .github/chatmodes\
                        """),
                    by("the next coding agent loads it as its settings, hooks or instructions", """
                        .claude .mcp.json .agents .agent .cursor .windsurf .codex .gemini .github/agents
                        .github/skills .github/hooks .clinerules .cline .roo .roomodes .kilocode .kilocodemodes
                        .kiro opencode.json* .opencode .aider.conf.yml .continue .junie .augment .amazonq .qwen
                        .crush crush.json .crush.json .trae .factory .warp .aiassistant .openhands .vibe .amp
                        .claude-plugin .codebuddy .iflow gptme.toml .grok .zencoder .tabnine .lingma .firebender
                        firebender.json\
                        """))
            .flatMap(List::stream)
            .toList());

    /** What somebody starts by name, most often by a build. It is not counted with those that run by themselves. */
    private static final List<ExecutedPattern> BUILDS = started("the next build or test runs it", """
        Makefile makefile GNUmakefile *.mk Justfile justfile Taskfile.y*ml Rakefile CMakeLists.txt pom.xml build.xml
        build.gradle* settings.gradle* build.sbt build.rs Cargo.toml pyproject.toml setup.py setup.cfg tox.ini noxfile.py
        conftest.py Dockerfile Dockerfile.* Containerfile compose*.y*ml docker-compose*.y*ml Vagrantfile Tiltfile
        Earthfile Gemfile *.gemspec gulpfile.* Gruntfile.* webpack.config.* vite.config.* jest.config.* vitest.config.*
        next.config.* rollup.config.* babel.config.* eslint.config.* .eslintrc* playwright.config.*\
        """);

    private static List<ExecutedPattern> by(String why, String patterns) {
        return patterns(why, patterns, true);
    }

    private static List<ExecutedPattern> started(String why, String patterns) {
        return patterns(why, patterns, false);
    }

    private static List<ExecutedPattern> patterns(String why, String patterns, boolean held) {
        return Stream.of(patterns.strip().split("\\s+", -1))
                .map(pattern -> new ExecutedPattern(pattern, why, held))
                .toList();
    }

    public ExecutedPaths {
        entries = List.copyOf(entries);
    }

    public static ExecutedPaths usual() {
        return USUAL;
    }

    /** Returns these, all of them held. */
    public ExecutedPaths allHeld() {
        return new ExecutedPaths(entries.stream()
                .map(entry -> new ExecutedPattern(entry.pattern(), entry.why(), true))
                .toList());
    }

    /** Returns these and what builds start, which is only reported. */
    public ExecutedPaths withBuilds() {
        return new ExecutedPaths(
                Stream.concat(entries.stream(), BUILDS.stream()).toList());
    }

    /** Returns these and {@code also}, without those whose pattern is exactly one of {@code except}. */
    public ExecutedPaths withChanges(Collection<String> also, Collection<String> except) {
        List<ExecutedPattern> changed = new ArrayList<>(entries);
        changed.removeIf(entry -> except.contains(entry.pattern()));
        also.forEach(pattern -> changed.add(new ExecutedPattern(pattern, ADDED, true)));
        return new ExecutedPaths(changed);
    }

    /** Whether an agent may write none of them. */
    public boolean areAllHeld() {
        return entries.stream().allMatch(ExecutedPattern::held);
    }

    public Set<String> patterns() {
        return entries.stream().map(ExecutedPattern::pattern).collect(Collectors.toSet());
    }

    public ExecutedPathMatcher names() {
        return new ExecutedPathMatcher(entries);
    }

    /** Checks the syntax of a pattern; throws {@link IllegalArgumentException} if {@code pattern} is malformed. */
    public static void requirePattern(String pattern) {
        boolean odd = pattern.isEmpty()
                || pattern.length() > LONGEST
                || !pattern.codePoints().allMatch(VisibleText::isVisible)
                || List.of(pattern.split("/", -1)).stream()
                        .anyMatch(name -> name.isEmpty() || name.equals(".") || name.equals("..") || name.equals("*"));
        if (odd) {
            throw new IllegalArgumentException(
                    "an executed path must be relative, with names separated by `/`, without `.` and `..`");
        }
    }

    public Json json() {
        return new Json.Array(entries.stream()
                .<Json>map(entry -> Json.object()
                        .with("pattern", entry.pattern())
                        .with("why", entry.why())
                        .with("held", entry.held()))
                .toList());
    }

    /** Reads what {@link #json} wrote; throws {@link MalformedException} if it is anything else. */
    public static ExecutedPaths read(List<Json.Members> entries) {
        try {
            return new ExecutedPaths(entries.stream()
                    .map(entry -> new ExecutedPattern(
                            entry.text("pattern"),
                            entry.text("why"),
                            entry.get("held").isEmpty() || entry.flag("held"))) // older records lack it
                    .toList());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("an executed path cannot be read", e);
        }
    }
}
