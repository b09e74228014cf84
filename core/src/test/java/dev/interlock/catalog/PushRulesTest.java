package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SealedBots;
import dev.interlock.testing.BuiltIn;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what the catalogs say of pushes by Git: the same as of the same intent in REST and GraphQL, and no more. */
class PushRulesTest {

    private static final RestFixture GITHUB = RestFixture.of("github");

    private static PushRules rules(String provider) {
        return rules(BuiltIn.CATALOGS.find(provider).orElseThrow());
    }

    private static PushRules rules(CallReader reader) {
        HttpCall call = new HttpCall(
                "POST",
                "api.example.com",
                "/acme/shop.git/git-receive-pack",
                List.of(),
                List.of(new Header("content-type", PushOperations.TYPE)),
                Bytes.utf8("0000"));
        return ((CallReading.PushMeaning) reader.read(call)).rules();
    }

    private static PushedRef ref(PushedRef.Change change, String name, boolean isForced, String... paths) {
        return new PushedRef(
                change,
                name,
                "1".repeat(40),
                isForced,
                false,
                PushedRef.Origin.READ,
                new PushedRef.ChangedFiles(OptionalInt.of(3), List.of(paths), List.of(paths), List.of()),
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
    }

    private static PushedRef saying(String... messages) {
        return new PushedRef(
                PushedRef.Change.CREATE,
                "refs/heads/topic",
                "1".repeat(40),
                false,
                false,
                PushedRef.Origin.READ,
                new PushedRef.ChangedFiles(
                        OptionalInt.of(3), List.of("a"), List.of("a"), List.of(), List.of(messages), List.of(), ""),
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
    }

    @Test
    void commitsThatCommandAreAskedAbout() {
        assertThat(judged(saying("Fix the parser", "Thanks to @alice")).impacts())
                .containsExactly(Impact.WRITE);
        assertThat(judged(saying("Fix the parser", "Fix\n\n@claude go on")).impacts())
                .contains(Impact.EXECUTE);
    }

    @Test
    void botsOfTheSealAreHeededInPushes() {
        SealedBots bots =
                new SealedBots(Set.of("shipmate"), Set.of("talbot"), Set.of("engage"), Set.of("github:repo/acme/docs"));
        assertThat(judged(saying("Thanks to @talbot"), bots).impacts()).containsExactly(Impact.WRITE);
        assertThat(judged(saying("Fix\n\n@shipmate"), bots).impacts()).contains(Impact.EXECUTE);
        assertThat(judged(saying("Engage warp"), bots).impacts()).contains(Impact.EXECUTE);
        SealedBots absent = new SealedBots(Set.of(), Set.of(), Set.of(), Set.of("github:repo/acme/sh*"));
        assertThat(judged(saying("/deploy prod"), absent).impacts()).containsExactly(Impact.WRITE);
    }

    @Test
    void theDiffIsForPeopleAndNotForReceipts() {
        PushedRef pushed = new PushedRef(
                PushedRef.Change.UPDATE,
                "refs/heads/topic",
                "1".repeat(40),
                false,
                false,
                PushedRef.Origin.READ,
                new PushedRef.ChangedFiles(
                        OptionalInt.of(1), List.of("a"), List.of("a"), List.of(), List.of(), List.of(), "+run: it\n"),
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
        Fact diff = new Fact(Fact.DIFF, "+run: it\n", Provenance.RESOLVED, true);
        assertThat(judged(pushed).facts()).contains(diff);
        assertThat(diff.readAs()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        ".github/workflows/ci.yml, true",
        "Makefile, true",
        "src/Dockerfile, true",
        "src/a.ts, false",
        "readme.md, false"
    })
    void filesThatMachinesRunAreKnownByName(String file, boolean runs) {
        assertThat(rules("github").runs().test(file)).isEqualTo(runs);
        assertThat(rules("git").runs().test(file)).isEqualTo(runs);
    }

    private static Action judged(PushedRef ref, SealedBots bots) {
        CallReader github = BuiltIn.CATALOGS.find("github").orElseThrow();
        return rules(github.knowing(ProviderAnswers.none().under(bots)))
                .judge(List.of(ref))
                .getFirst();
    }

    private static Action judged(PushedRef ref) {
        return rules("github").judge(List.of(ref)).getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"heads/feature", "heads/main", "heads/release/1", "tags/v1"})
    void deletingIsWhatRestAndGraphqlSay(String ref) {
        Action push = judged(ref(PushedRef.Change.DELETE, "refs/" + ref, false));
        Action rest = GITHUB.action("DELETE /repos/acme/shop/git/refs/" + ref, "");
        assertThat(push.operation()).isEqualTo(rest.operation());
        assertThat(push.impacts()).isEqualTo(rest.impacts());
        assertThat(push.reversibility()).isEqualTo(rest.reversibility());
        assertThat(push.resources()).isEqualTo(rest.resources());
        assertThat(arguments(push)).containsAll(arguments(rest));
        assertThat(push.destroysAPart()).isEqualTo(rest.destroysAPart());
        String mutation = "mutation { deleteRef(input: {refId: \\\"R_1\\\"}) { clientMutationId } }";
        assertThat(GITHUB.action("POST /graphql", "{\"query\":\"" + mutation + "\"}")
                        .impacts())
                .isEqualTo(rest.impacts());
    }

    /** The API does not show what a ref brings; a push does. So it has no other impacts, and perhaps fewer. */
    @ParameterizedTest
    @CsvSource({"heads/feature,false", "heads/feature,true", "heads/main,false", "heads/main,true", "tags/v1,true"})
    void movingNeedsNoMoreThanInRest(String ref, boolean isForced) {
        Action push = judged(ref(PushedRef.Change.UPDATE, "refs/" + ref, isForced));
        Action rest = GITHUB.action(
                "PATCH /repos/acme/shop/git/refs/" + ref,
                "{\"sha\":\"" + "1".repeat(40) + "\",\"force\":" + isForced + "}");
        assertThat(push.operation()).isEqualTo(rest.operation());
        assertThat(rest.impacts()).containsAll(push.impacts());
        assertThat(push.has(Impact.DESTROY)).isEqualTo(rest.has(Impact.DESTROY));
        assertThat(push.resources()).isEqualTo(rest.resources());
        assertThat(arguments(push)).containsAll(arguments(rest));
    }

    @Test
    void makingABranchHasTheArgumentsOfRest() {
        Action push = judged(ref(PushedRef.Change.CREATE, "refs/heads/feature", false, "a.txt"));
        Action rest = GITHUB.action(
                "POST /repos/acme/shop/git/refs",
                "{\"ref\":\"refs/heads/feature\",\"sha\":\"" + "1".repeat(40) + "\"}");
        assertThat(push.operation()).isEqualTo(rest.operation());
        assertThat(push.resources()).isEqualTo(rest.resources());
        assertThat(arguments(push)).containsAll(arguments(rest));
        assertThat(push.impacts()).containsExactly(Impact.WRITE);
        assertThat(push.reversibility()).isEqualTo(Reversibility.REVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource({
        ".github/workflows/ci.yml,EXECUTE",
        ".GitHub/Workflows/ci.yml,EXECUTE",
        ".gitlab-ci.yml,EXECUTE",
        "services/api/Dockerfile,EXECUTE",
        ".envrc,EXECUTE",
        "web/.envrc,EXECUTE",
        ".claude/settings.json,EXECUTE",
        "web/.claude/hooks/x.sh,EXECUTE",
        ".mcp.json,EXECUTE",
        "CLAUDE.md,EXECUTE",
        ".Claude/settings.json,EXECUTE",
        "docs/CLAUDE.md,EXECUTE",
        "AGENTS.md,EXECUTE",
        ".vscode/tasks.json,EXECUTE",
        ".cursor/rules/a.mdc,EXECUTE",
        ".npmrc,EXECUTE",
        "mise.local.toml,EXECUTE",
        "acme.code-workspace,EXECUTE",
        ".githooks/pre-commit,EXECUTE",
        ".gitmodules,EXECUTE",
        "CODEOWNERS,PRIVILEGE",
        ".github/CODEOWNERS,PRIVILEGE",
    })
    void filesThatMachinesRunAreMoreThanAWrite(String path, Impact impact) {
        for (String provider : List.of("github", "git")) {
            for (PushedRef.Change change : List.of(PushedRef.Change.CREATE, PushedRef.Change.UPDATE)) {
                Action action = rules(provider)
                        .judge(List.of(ref(change, "refs/heads/feature", false, "a.txt", path)))
                        .getFirst();
                assertThat(action.impacts()).as(provider + " " + change).contains(Impact.WRITE, impact);
            }
        }
    }

    /** A dependency changes every day, and what only sounds like an agent's file is none. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "package.json",
                "web/package.json",
                "composer.json",
                "docs/agents/index.md",
                "docs/agents.md",
                "src/claude.ts",
                "src/vscode/a.ts",
                ".gitignore"
            })
    void ordinaryFilesAreAWrite(String path) {
        for (String provider : List.of("github", "git")) {
            Action action = rules(provider)
                    .judge(List.of(ref(PushedRef.Change.CREATE, "refs/heads/feature", false, path)))
                    .getFirst();
            assertThat(action.impacts()).as(provider).containsExactly(Impact.WRITE);
        }
    }

    @Test
    void commitsThatNobodyHasReadExecute() {
        PushedRef unread = new PushedRef(
                PushedRef.Change.CREATE,
                "refs/heads/feature",
                "1".repeat(40),
                false,
                false,
                PushedRef.Origin.UNKNOWN,
                PushedRef.ChangedFiles.NONE,
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
        assertThat(judged(unread).impacts()).contains(Impact.EXECUTE);
        assertThat(judged(unread).reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void theDefaultBranchIsOneThatOthersBuildOn() {
        PushedRef odd = new PushedRef(
                PushedRef.Change.UPDATE,
                "refs/heads/odd",
                "1".repeat(40),
                false,
                true,
                PushedRef.Origin.READ,
                PushedRef.ChangedFiles.NONE,
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
        assertThat(judged(odd).impacts()).contains(Impact.EXECUTE);
    }

    @Test
    void aPushOfNothingOnlyAsks() {
        assertThat(rules("github").judge(List.of())).singleElement().matches(Action::isPureRead);
    }

    @Test
    void theSuffixOfAnAddressIsNoPartOfTheName() {
        assertThat(rules("git").judge(List.of()).getFirst().resources())
                .isEqualTo(Set.of(new Resource("git", "repo", "acme/shop")));
    }

    private static List<Fact> arguments(Action action) {
        return action.facts().stream().filter(fact -> fact.readAs().isPresent()).toList();
    }
}
