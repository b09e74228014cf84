package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests rules that the provider's answer lifts: a commit on a branch counts as one on the default branch until GitHub
 * has named another one.
 */
final class ProviderQuestionsTest {

    private static final Resource LIVE = Resource.parse("github:repo/acme/live");

    @TempDir
    private Path directory;

    private GateFixture house;
    private final List<HttpCall> asked = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory);
        answer("{\"full_name\":\"Acme/Shop\",\"default_branch\":\"develop\"}");
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private void answer(String repository) {
        house.asker = (_, question) -> {
            asked.add(question);
            return Bytes.utf8(
                    question.path().equals("/graphql")
                            ? "{\"data\":{\"nodes\":[{\"nameWithOwner\":\"acme/shop\"}]}}"
                            : repository);
        };
    }

    private Outcome<String> send(HttpCall call, Secret token) {
        return house.send("github-asked", call, token);
    }

    private Outcome<String> send(HttpCall call) {
        return send(call, house.token);
    }

    private static HttpCall post(String method, String path, String body) {
        return new HttpCall(
                method,
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body.replace('\'', '"')));
    }

    private static HttpCall commit(String repository, String branch) {
        return post(
                "PUT",
                "/repos/acme/" + repository + "/contents/a.txt",
                "{'message':'m','content':'YQ==','branch':'" + branch + "'}");
    }

    private static HttpCall graphql(String document) {
        return post("POST", "/graphql", "{'query':'" + document.replace("'", "\\'") + "'}");
    }

    private static String commitOn(String branch, String more) {
        return "createCommitOnBranch(input: {branch: {repositoryNameWithOwner: 'acme/shop', branchName: '" + branch
                + "'}, message: {headline: 'm'}, expectedHeadOid: '0a', fileChanges: {additions: [{path: 'a" + more
                + "', contents: 'YQ=='}]}}) { clientMutationId }";
    }

    private static HttpCall tool(String name, String arguments) {
        return post(
                "POST",
                "/mcp/",
                "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'" + name + "','arguments':{"
                        + "'owner':'acme','repo':'shop'," + arguments + "}}}");
    }

    private static String filesOn(String branch) {
        return "'branch':'" + branch + "','message':'m','files':[{'path':'a.txt','content':'a'}]";
    }

    private void requirePassed(Outcome<String> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Forwarded.class);
    }

    private void requireStrict(Outcome<String> outcome) {
        assertThat(outcome).isNotInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.credentials).isEmpty();
    }

    private List<String> told() {
        return house.receipts().stream()
                .flatMap(receipt -> receipt.members().items("actions").stream())
                .map(Json.Members.class::cast)
                .flatMap(action -> action.items("facts").stream())
                .map(Json.Members.class::cast)
                .filter(fact -> fact.text("name").equals("provider-says"))
                .map(fact -> fact.text("provenance") + " " + fact.text("value"))
                .toList();
    }

    @Test
    void commitOnAnotherBranchIsAPlainWrite() {
        requirePassed(send(commit("shop", "feature")));
        assertThat(house.upstream.credentials).containsExactly("Bearer secret-of-github-asked-write");
        assertThat(told()).containsExactly("resolved default-branch of acme/shop: develop");
        assertThat(asked).extracting(HttpCall::method).containsExactly("GET");
        assertThat(asked).extracting(HttpCall::path).containsExactly("/repos/acme/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "develop",
                "Develop",
                "heads/develop",
                "refs/heads/develop",
                "REFS/HEADS/develop",
                "develop/",
                " develop",
                "develop ",
                "develop\\u0000",
                "/develop",
                "heads//develop",
                "refs/heads/heads/develop",
                "dev%65lop",
                "d\\u00e9velop",
                "HEAD",
                "@",
                "develop@{0}",
                "develop^0",
                "refs/develop",
                "remotes/origin/develop",
                "1111111111111111111111111111111111111111",
            })
    void spellingsOfTheDefaultBranchAreNotLifted(String branch) {
        requireStrict(send(commit("shop", branch)));
        requireStrict(send(graphql("mutation { " + commitOn(branch, "") + " }")));
        requireStrict(send(tool("push_files", filesOn(branch))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"feature/x", "heads/feature", "refs/heads/feature", "deploy-fix", "a.b", "develop2"})
    void otherBranchesPassByEveryProtocol(String branch) {
        if (branch.startsWith("deploy")) {
            requireStrict(send(commit("shop", branch))); // the list of names stays as an addition
            return;
        }
        requirePassed(send(commit("shop", branch)));
        requirePassed(send(graphql("mutation { " + commitOn(branch, "") + " }")));
        requirePassed(send(tool("push_files", filesOn(branch))));
        assertThat(asked).as("asked once for all protocols").hasSize(1);
    }

    @Test
    void unansweredQuestionLeavesTheStrictCase() {
        house.asker = (_, _) -> {
            throw new IOException("nobody is there");
        };
        requireStrict(send(commit("shop", "feature")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"default_branch\":\"develop\"}",
                "{\"full_name\":\"acme/new-name\",\"default_branch\":\"develop\"}",
                "{\"full_name\":\"acme/shop\"}",
                "{\"full_name\":\"acme/shop\",\"default_branch\":null}",
                "{\"full_name\":\"acme/shop\",\"default_branch\":[\"develop\"]}",
                "{\"full_name\":\"acme/shop\",\"default_branch\":\"\"}",
                "{\"full_name\":\"acme/shop\",\"default_branch\":\"d\\u00e9velop\"}",
                "{\"full_name\":\"acme/shop\",\"full_name\":\"acme/shop\",\"default_branch\":\"develop\"}",
            })
    void doubtfulAnswerLeavesTheStrictCase(String answer) {
        answer(answer);
        requireStrict(send(commit("shop", "feature")));
    }

    /** As of MCP alone: the provider is the same, and so is the repository. */
    @Test
    void upstreamThatCannotBeAskedAsksByAnother() {
        house.send("github", commit("shop", "feature"), house.token);
        assertThat(told()).containsExactly("resolved default-branch of acme/shop: develop");
        assertThat(asked).hasSize(1);
        assertThat(house.send("github", commit("shop", "develop"), house.token))
                .isNotInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void answerIsRememberedForMinutes() {
        requirePassed(send(commit("shop", "feature")));
        answer("{\"full_name\":\"acme/shop\",\"default_branch\":\"feature\"}");
        house.clock.pass(Duration.ofMinutes(1));
        requirePassed(send(commit("shop", "feature")));
        assertThat(asked).hasSize(1);
        house.clock.pass(Duration.ofMinutes(2));
        assertThat(send(commit("shop", "feature"))).isNotInstanceOf(Outcome.Forwarded.class);
        assertThat(asked).hasSize(2);
    }

    @Test
    void destructionIsAskedAboutAnew() {
        requirePassed(send(commit("shop", "feature")));
        send(post("DELETE", "/repos/acme/shop/git/refs/heads/feature", ""));
        send(post("DELETE", "/repos/acme/shop/git/refs/heads/feature", ""));
        assertThat(asked).extracting(HttpCall::path).hasSize(3).containsOnly("/repos/acme/shop");
    }

    @Test
    void nothingIsAskedBeyondTheLease() {
        requireStrict(send(commit("live", "feature")));
        Secret destroying = house.signedFor(Set.of("staging"), Set.of(Impact.READ, Impact.DESTROY));
        requireStrict(send(commit("shop", "feature"), destroying));
        Secret elsewhere = house.signedFor(Set.of("staging"), Set.of(Impact.WRITE), Set.of(LIVE), Optional.empty());
        requireStrict(send(commit("shop", "feature"), elsewhere));
        assertThat(asked).isEmpty();
    }

    @Test
    void readsAndNamedBranchesAskNothing() {
        send(post("GET", "/repos/acme/shop/contents/a.txt", ""));
        send(commit("shop", "main"));
        assertThat(asked).isEmpty();
    }

    @Test
    void aBatchIsAsMildAsItsWorstBranch() {
        requireStrict(
                send(graphql("mutation { a: " + commitOn("feature", "1") + " b: " + commitOn("develop", "2") + " }")));
        requirePassed(
                send(graphql("mutation { a: " + commitOn("feature", "1") + " b: " + commitOn("other", "2") + " }")));
    }
}
