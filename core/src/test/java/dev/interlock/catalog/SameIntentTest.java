package dev.interlock.catalog;

import static dev.interlock.action.Reversibility.IRREVERSIBLE;
import static dev.interlock.action.Reversibility.RECOVERABLE;
import static dev.interlock.action.Reversibility.REVERSIBLE;
import static dev.interlock.catalog.SameIntentTest.Section.GRAPHQL;
import static dev.interlock.catalog.SameIntentTest.Section.MCP;
import static dev.interlock.catalog.SameIntentTest.Section.PUSH;
import static dev.interlock.catalog.SameIntentTest.Section.REST;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that one intent is judged alike in every spelling that GitHub has for it: a push by Git, REST, GraphQL as the
 * command line {@code gh} writes it, and GitHub's server of MCP. A spelling that differs, or is missing, says why.
 */
class SameIntentTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RestFixture GITHUB = RestFixture.of("github");
    private static final Resource SHOP = new Resource("github", "repo", "acme/shop");

    /** The languages that GitHub's catalog reads, each with the parts of the file that describe it. */
    enum Section {
        PUSH("push"),
        REST("reads", "shows", "writes", "operations"),
        GRAPHQL("graphql"),
        MCP("mcp");

        private final Set<String> keys;

        Section(String... keys) {
            this.keys = Set.of(keys);
        }
    }

    private enum Comparison {
        EQUAL,
        /** The thing is named by an opaque id: it is where its repository is, which the gateway asks GitHub for. */
        BY_ID,
        STRICTER,
        /** It is something else at this place, and the table says what. */
        OTHER
    }

    private record Spelling(Comparison how, Action action, String why, Judged expected) {
        @Override
        public String toString() {
            return action.operation() + " is " + action.impacts() + ", " + action.reversibility() + ", at "
                    + action.resources() + "; expected " + how + " " + expected + " " + why;
        }
    }

    private record Judged(Set<Impact> impacts, Reversibility reversibility) {}

    /** An intent, and what all its spellings must be judged as. */
    private static final class Intent {
        private final String name;
        private final Judged judged;
        private Set<Resource> resources = Set.of(SHOP);
        private final Map<Section, List<Spelling>> spellings = new EnumMap<>(Section.class);

        private Intent(String name, String impacts, Reversibility reversibility) {
            this.name = name;
            this.judged = new Judged(RestFixture.words(impacts), reversibility);
        }

        private Intent at(String... touched) {
            resources = Stream.of(touched)
                    .map(text -> text.split("[:/]", 3))
                    .map(parts -> new Resource(parts[0], parts[1], parts[2]))
                    .collect(Collectors.toSet());
            return this;
        }

        private Intent is(Section section, Action action) {
            return add(section, Comparison.EQUAL, action, "");
        }

        private Intent byId(Section section, Action action) {
            return add(section, Comparison.BY_ID, action, "");
        }

        private Intent stricter(Section section, Action action, String why) {
            return add(section, Comparison.STRICTER, action, why);
        }

        private Intent other(Section section, Action action, String impacts, Reversibility reversibility, String why) {
            return add(
                    section,
                    new Spelling(Comparison.OTHER, action, why, new Judged(RestFixture.words(impacts), reversibility)));
        }

        private Intent add(Section section, Comparison how, Action action, String why) {
            return add(section, new Spelling(how, action, why, judged));
        }

        private Intent add(Section section, Spelling spelling) {
            spellings.computeIfAbsent(section, _ -> new ArrayList<>()).add(spelling);
            return this;
        }

        private Intent none(Section section, String why) {
            assertThat(why).isNotBlank();
            assertThat(spellings.put(section, List.of())).as(name).isNull();
            return this;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Intent intent(String name, String impacts, Reversibility reversibility) {
        return new Intent(name, impacts, reversibility);
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static Action rest(String request, String body) {
        return GITHUB.action(request, json(body));
    }

    private static Action rest(String request) {
        return GITHUB.action(request, "");
    }

    private static Action restAfter(String answer, String request, String body) {
        return GITHUB.understood(RestFixture.call(request, json(body)))
                .stateCheck()
                .orElseThrow()
                .compareWith(Bytes.utf8(json(answer)));
    }

    private static Action graphql(String mutation) {
        String document = "mutation { " + json(mutation) + " { clientMutationId } }";
        return GITHUB.action(
                "POST /graphql", JSON.createObjectNode().put("query", document).toString());
    }

    private static Action query(String fields) {
        return GITHUB.action(
                "POST /graphql",
                JSON.createObjectNode().put("query", "{ " + json(fields) + " }").toString());
    }

    private static Action gh(String command) {
        JsonNode found = RestFixture.lines("gh-queries.jsonl").stream()
                .map(SameIntentTest::tree)
                .filter(line -> line.path("command").asText().equals(command))
                .findFirst()
                .orElseThrow();
        return GITHUB.action(
                "POST /graphql",
                JSON.createObjectNode()
                        .put("query", found.path("query").asText())
                        .<ObjectNode>set("variables", found.path("variables"))
                        .toString());
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Action mcp(String tool, String arguments) {
        List<Action> actions = GITHUB.understood(message(tool, arguments)).actions();
        assertThat(actions).hasSize(1);
        return actions.getFirst();
    }

    private static HttpCall message(String tool, String arguments) {
        return RestFixture.call(
                "POST /mcp/",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":" + json(arguments) + "}}");
    }

    private static Action pushed(PushedRef.Change change, String ref, String... paths) {
        return pushed(change, ref, false, PushedRef.Origin.READ, paths);
    }

    private static Action pushed(
            PushedRef.Change change, String ref, boolean isForced, PushedRef.Origin origin, String... paths) {
        HttpCall call = new HttpCall(
                "POST",
                "github.com",
                "/Acme/Shop.git/git-receive-pack",
                List.of(),
                List.of(new Header("content-type", PushOperations.TYPE)),
                Bytes.utf8("0000"));
        PushedRef pushed = new PushedRef(
                change,
                "refs/" + ref,
                "1".repeat(40),
                isForced,
                ref.equals("heads/main"),
                origin,
                new PushedRef.ChangedFiles(
                        OptionalInt.of(3),
                        List.of(paths),
                        List.of(paths),
                        Stream.of(paths).filter("package.json"::equals).toList()),
                OptionalInt.of(0),
                PushedRef.LostHistory.NONE);
        return ((CallReading.PushMeaning)
                        BuiltIn.CATALOGS.find("github").orElseThrow().read(call))
                .rules()
                .judge(List.of(pushed))
                .getFirst();
    }

    private static String commit(String branch, String changes) {
        return "createCommitOnBranch(input: {branch: {repositoryNameWithOwner: 'Acme/Shop', branchName: '" + branch
                + "'}, message: {headline: 'm'}, expectedHeadOid: '0a', fileChanges: " + changes + "})";
    }

    private static final String NO_TOOL = "no tool does this";
    private static final String NO_REF = "a push only makes, moves and deletes branches and tags";
    private static final String NO_MUTATION = "the catalog lists no mutation that does this";
    private static final String SHA = "'sha': '" + "1".repeat(40) + "'";
    private static final String AT_SHOP = "'owner': 'Acme', 'repo': 'Shop'";
    private static final String HIDDEN = "its call names a commit, and does not show what it brings";

    private static final String MANIFEST = "{\"scripts\": {\"postinstall\": \"node a.js\"}}";
    private static final String CONTENT = "'content': '" + MANIFEST.replace("\"", "\\\"") + "'";

    private static String base64(String text) {
        return java.util.Base64.getEncoder().encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static String committing(String files) {
        return "{" + AT_SHOP + ", 'branch': 'feature', 'message': 'm', " + files + "}";
    }

    static List<Intent> intents() {
        return List.of(
                intent("delete a branch", "DESTROY", RECOVERABLE)
                        .is(PUSH, pushed(PushedRef.Change.DELETE, "heads/feature"))
                        .is(REST, rest("DELETE /repos/Acme/Shop/git/refs/heads/feature"))
                        .stricter(
                                GRAPHQL,
                                graphql("deleteRef(input: {refId: 'R_1'})"),
                                "it names the ref by an opaque id, and that may be the default branch")
                        .none(MCP, NO_TOOL),
                intent("delete the default branch", "DESTROY", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.DELETE, "heads/main"))
                        .is(REST, rest("DELETE /repos/Acme/Shop/git/refs/heads/main"))
                        .byId(GRAPHQL, graphql("deleteRef(input: {refId: 'R_1'})"))
                        .none(MCP, NO_TOOL),
                shown(
                        "rewind a branch to commits that the call shows",
                        "WRITE DESTROY",
                        IRREVERSIBLE,
                        pushed(PushedRef.Change.UPDATE, "heads/feature", true, PushedRef.Origin.READ, "a.txt")),
                shown(
                        "move a branch forward by commits that the call shows",
                        "WRITE",
                        REVERSIBLE,
                        pushed(PushedRef.Change.UPDATE, "heads/feature", "a.txt")),
                intent("rewind a branch", "WRITE EXECUTE DESTROY", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/feature", true, PushedRef.Origin.UNKNOWN))
                        .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/main", true, PushedRef.Origin.READ, "a.txt"))
                        .is(REST, rest("PATCH /repos/Acme/Shop/git/refs/heads/feature", "{" + SHA + ", 'force': true}"))
                        .byId(GRAPHQL, graphql("updateRef(input: {refId: 'R_1', oid: '0a', force: true})"))
                        .none(MCP, NO_TOOL),
                intent("move a branch forward", "WRITE EXECUTE", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/feature", false, PushedRef.Origin.UNKNOWN))
                        .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/main", "a.txt"))
                        .is(REST, rest("PATCH /repos/Acme/Shop/git/refs/heads/feature", "{" + SHA + "}"))
                        .byId(GRAPHQL, graphql("updateRef(input: {refId: 'R_1', oid: '0a', force: false})"))
                        .none(MCP, NO_TOOL),
                intent("make a branch at the head of another one", "WRITE", REVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.CREATE, "heads/feature"))
                        .is(
                                REST,
                                restAfter(
                                        "[{'name': 'main'}]",
                                        "POST /repos/Acme/Shop/git/refs",
                                        "{'ref': 'refs/heads/feature', " + SHA + "}"))
                        .stricter(
                                GRAPHQL,
                                graphql(
                                        "createRef(input: {repositoryId: 'R_1', name: 'refs/heads/feature', oid: '0a'})"),
                                "nobody asks the provider whether the commit is the head of a branch")
                        .is(MCP, mcp("create_branch", "{" + AT_SHOP + ", 'branch': 'feature', 'from_branch': 'main'}"))
                        .is(MCP, mcp("create_branch", "{" + AT_SHOP + ", 'branch': 'feature'}")),
                intent("make a branch of a commit that nobody has seen", "WRITE EXECUTE", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.CREATE, "heads/feature", false, PushedRef.Origin.UNKNOWN))
                        .is(REST, rest("POST /repos/Acme/Shop/git/refs", "{'ref': 'refs/heads/feature', " + SHA + "}"))
                        .is(
                                REST,
                                restAfter(
                                        "[]",
                                        "POST /repos/Acme/Shop/git/refs",
                                        "{'ref': 'refs/heads/feature', " + SHA + "}"))
                        .byId(
                                GRAPHQL,
                                graphql(
                                        "createRef(input: {repositoryId: 'R_1', name: 'refs/heads/feature', oid: '0a'})"))
                        .byId(GRAPHQL, gh("gh issue develop"))
                        .none(MCP, "`create_branch` takes no commit, but the head of a branch"),
                intent("make a branch that machines deploy", "WRITE EXECUTE", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.CREATE, "heads/release/2"))
                        .is(
                                REST,
                                restAfter(
                                        "[{'name': 'main'}]",
                                        "POST /repos/Acme/Shop/git/refs",
                                        "{'ref': 'refs/heads/release/2', " + SHA + "}"))
                        .byId(
                                GRAPHQL,
                                graphql(
                                        "createRef(input: {repositoryId: 'R_1', name: 'refs/heads/release/2', oid: '0a'})"))
                        .is(MCP, mcp("create_branch", "{" + AT_SHOP + ", 'branch': 'release/2'}")),
                file("change a workflow", "WRITE EXECUTE", IRREVERSIBLE, "feature", ".github/workflows/ci.yml"),
                file("change how a host builds", "WRITE EXECUTE", IRREVERSIBLE, "feature", "services/api/Dockerfile"),
                file("change who must review", "WRITE PRIVILEGE", REVERSIBLE, "feature", ".github/CODEOWNERS"),
                file("change a file on a side branch", "WRITE", REVERSIBLE, "feature", "docs/a.md"),
                file("change a file on the default branch", "WRITE EXECUTE", IRREVERSIBLE, "main", "docs/a.md"),
                intent("change a file whose path is odd", "WRITE EXECUTE", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/feature", "a\\.github\\workflows\\ci.yml"))
                        .none(REST, "its path is that of the request, which is refused")
                        .is(
                                GRAPHQL,
                                graphql(commit(
                                        "feature", "{additions: [{path: '/.github/workflows/ci.yml', contents: ''}]}")))
                        .is(MCP, mcp("create_or_update_file", onBranch("feature", "/.github/workflows/ci.yml")))
                        .is(MCP, mcp("push_files", filesOn("feature", "./.github/workflows/ci.yml"))),
                intent("delete a file on a side branch", "DESTROY", REVERSIBLE)
                        .other(
                                PUSH,
                                pushed(PushedRef.Change.UPDATE, "heads/feature", "docs/a.md"),
                                "WRITE",
                                REVERSIBLE,
                                "a push changes many files at once, and the branch's history keeps what it removes")
                        .is(
                                REST,
                                rest("DELETE /repos/Acme/Shop/contents/docs/a.md", "{'branch': 'feature', 'sha': 'a'}"))
                        .stricter(
                                GRAPHQL,
                                graphql(commit("feature", "{deletions: [{path: 'docs/a.md'}]}")),
                                "the same mutation also writes files")
                        .is(MCP, mcp("delete_file", onBranch("feature", "docs/a.md"))),
                intent("delete a workflow", "DESTROY EXECUTE", IRREVERSIBLE)
                        .none(PUSH, "to delete a workflow is to change it: see there")
                        .is(
                                REST,
                                rest(
                                        "DELETE /repos/Acme/Shop/contents/.github/workflows/ci.yml",
                                        "{'branch': 'feature', 'sha': 'a'}"))
                        .stricter(
                                GRAPHQL,
                                graphql(commit("feature", "{deletions: [{path: '.github/workflows/ci.yml'}]}")),
                                "the same mutation also writes files")
                        .is(MCP, mcp("delete_file", onBranch("feature", ".github/workflows/ci.yml"))),
                intent("merge a pull request", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PUT /repos/Acme/Shop/pulls/7/merge", "{}"))
                        .byId(GRAPHQL, graphql("mergePullRequest(input: {pullRequestId: 'PR_1'})"))
                        .byId(GRAPHQL, gh("gh pr merge --squash"))
                        .is(MCP, mcp("merge_pull_request", "{" + AT_SHOP + ", 'pullNumber': 7}")),
                intent("open a pull request", "WRITE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/pulls", "{'title': 't', 'head': 'x', 'base': 'main'}"))
                        .byId(GRAPHQL, gh("gh pr create"))
                        .is(
                                MCP,
                                mcp(
                                        "create_pull_request",
                                        "{" + AT_SHOP + ", 'title': 't', 'head': 'x', 'base': 'main'}")),
                intent("open a pull request of another owner's branch", "WRITE PRIVILEGE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .none(REST, "it is refused: the path names this owner's repository alone")
                        .byId(
                                GRAPHQL,
                                graphql("createPullRequest(input: {repositoryId: 'R_1', baseRefName: 'main',"
                                        + " headRefName: 'eve:x', title: 't'})"))
                        .is(
                                MCP,
                                mcp(
                                        "create_pull_request",
                                        "{" + AT_SHOP + ", 'title': 't', 'head': 'eve:x', 'base': 'main'}")),
                intent("approve a pull request", "WRITE PRIVILEGE", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/pulls/7/reviews", "{'event': 'APPROVE'}"))
                        .byId(GRAPHQL, gh("gh pr review --approve"))
                        .is(
                                MCP,
                                mcp(
                                        "pull_request_review_write",
                                        "{" + AT_SHOP + ", 'method': 'create', 'pullNumber': 7, 'event': 'APPROVE'}"))
                        .is(
                                MCP,
                                mcp(
                                        "create_pull_request_review",
                                        "{" + AT_SHOP + ", 'pullNumber': 7, 'event': 'APPROVE'}")),
                intent("comment on an issue", "WRITE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/issues/7/comments", "{'body': 'Thanks.'}"))
                        .byId(GRAPHQL, gh("gh issue comment"))
                        .is(MCP, mcp("add_issue_comment", "{" + AT_SHOP + ", 'issue_number': 7, 'body': 'Thanks.'}")),
                intent("command an agent by a comment", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/issues/7/comments", "{'body': 'now @claude fix it'}"))
                        .byId(GRAPHQL, graphql("addComment(input: {subjectId: 'I_1', body: 'now @claude fix it'})"))
                        .is(
                                MCP,
                                mcp(
                                        "add_issue_comment",
                                        "{" + AT_SHOP + ", 'issue_number': 7, 'body': 'now @claude fix it'}")),
                intent("close an issue", "WRITE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PATCH /repos/Acme/Shop/issues/7", "{'state': 'closed'}"))
                        .byId(GRAPHQL, gh("gh issue close"))
                        .is(
                                MCP,
                                mcp(
                                        "issue_write",
                                        "{" + AT_SHOP + ", 'method': 'update', 'issue_number': 7, 'state': 'closed'}"))
                        .is(MCP, mcp("update_issue_state", "{" + AT_SHOP + ", 'issue_number': 7, 'state': 'closed'}")),
                intent("replace a comment", "WRITE DESTROY", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PATCH /repos/Acme/Shop/issues/comments/7", "{'body': '.'}"))
                        .byId(GRAPHQL, graphql("updateIssueComment(input: {id: 'IC_1', body: '.'})"))
                        .none(MCP, NO_TOOL),
                intent("close a pull request", "WRITE DESTROY", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PATCH /repos/Acme/Shop/pulls/7", "{'state': 'closed'}"))
                        .byId(GRAPHQL, graphql("updatePullRequest(input: {pullRequestId: 'PR_1', state: CLOSED})"))
                        .is(MCP, mcp("update_pull_request", "{" + AT_SHOP + ", 'pullNumber': 7, 'state': 'closed'}"))
                        .is(
                                MCP,
                                mcp(
                                        "update_pull_request_state",
                                        "{" + AT_SHOP + ", 'pullNumber': 7, 'state': 'closed'}")),
                intent("commit a script that runs at installation", "WRITE EXECUTE", IRREVERSIBLE)
                        .is(PUSH, pushed(PushedRef.Change.CREATE, "heads/feature", "package.json"))
                        .is(
                                REST,
                                rest(
                                        "PUT /repos/Acme/Shop/contents/package.json",
                                        "{'branch': 'feature', 'message': 'm', 'content': '" + base64(MANIFEST) + "'}"))
                        .is(
                                GRAPHQL,
                                graphql(commit(
                                        "feature",
                                        "{additions: [{path: 'package.json', contents: '" + base64(MANIFEST) + "'}]}")))
                        .is(MCP, mcp("create_or_update_file", committing("'path': 'package.json', " + CONTENT)))
                        .is(MCP, mcp("push_files", committing("'files': [{'path': 'package.json', " + CONTENT + "}]"))),
                intent("replace the labels of an issue", "WRITE DESTROY", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PATCH /repos/Acme/Shop/issues/7", "{'labels': ['bug']}"))
                        .stricter(
                                GRAPHQL,
                                graphql("updateIssue(input: {id: 'I_1', labelIds: ['L_1']})"),
                                "it names labels by opaque ids, and workflows start at some")
                        .is(
                                MCP,
                                mcp(
                                        "issue_write",
                                        "{" + AT_SHOP + ", 'method': 'update', 'issue_number': 7, 'labels': ['bug']}"))
                        .is(MCP, mcp("update_issue_labels", "{" + AT_SHOP + ", 'issue_number': 7, 'labels': ['bug']}")),
                intent("add a label that starts something", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/issues/7/labels", "{'labels': ['automerge']}"))
                        .is(REST, rest("POST /repos/Acme/Shop/issues/7/labels", "[{'name': 'automerge'}]"))
                        .other(
                                REST,
                                rest("PUT /repos/Acme/Shop/issues/7/labels", "[{'name': 'automerge'}]"),
                                "DESTROY EXECUTE",
                                IRREVERSIBLE,
                                "it takes the others off")
                        .byId(GRAPHQL, graphql("updateLabel(input: {id: 'L_1', name: 'automerge'})"))
                        .none(MCP, "tools replace all labels: see there"),
                intent("add a label by its object", "WRITE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /repos/Acme/Shop/issues/7/labels", "[{'name': 'bug'}]"))
                        .byId(GRAPHQL, graphql("updateLabel(input: {id: 'L_1', color: 'ff0000'})"))
                        .none(MCP, "tools replace all labels: see there"),
                intent("publish a release", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, "a push makes a tag, and no release of it")
                        .is(REST, rest("POST /repos/Acme/Shop/releases", "{'tag_name': 'v1'}"))
                        .none(GRAPHQL, NO_MUTATION)
                        .none(MCP, NO_TOOL),
                intent("delete a release", "DESTROY", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("DELETE /repos/Acme/Shop/releases/7"))
                        .none(GRAPHQL, NO_MUTATION)
                        .none(MCP, NO_TOOL),
                intent("hide a release", "WRITE DESTROY", RECOVERABLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PATCH /repos/Acme/Shop/releases/7", "{'draft': true}"))
                        .none(GRAPHQL, NO_MUTATION)
                        .none(MCP, NO_TOOL),
                intent("make a private repository", "WRITE", REVERSIBLE)
                        .at("github:org/acme")
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /orgs/Acme/repos", "{'name': 'new', 'private': true}"))
                        .byId(
                                GRAPHQL,
                                graphql("createRepository(input: {name: 'new', ownerId: 'O_1', visibility: PRIVATE})"))
                        .is(MCP, mcp("create_repository", "{'name': 'new', 'organization': 'Acme', 'private': true}")),
                intent("make a private repository of one's own", "WRITE", REVERSIBLE)
                        .at("github:account/self")
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /user/repos", "{'name': 'new', 'private': true}"))
                        .is(GRAPHQL, graphql("createRepository(input: {name: 'new', visibility: PRIVATE})"))
                        .is(MCP, mcp("create_repository", "{'name': 'new', 'private': true}")),
                intent("make a public repository", "WRITE PRIVILEGE", REVERSIBLE)
                        .at("github:account/self")
                        .none(PUSH, NO_REF)
                        .is(REST, rest("POST /user/repos", "{'name': 'new'}"))
                        .is(GRAPHQL, graphql("createRepository(input: {name: 'new', visibility: PUBLIC})"))
                        .is(MCP, mcp("create_repository", "{'name': 'new'}")),
                intent("delete a repository", "DESTROY", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("DELETE /repos/Acme/Shop"))
                        .none(GRAPHQL, "GitHub has no such mutation")
                        .is(MCP, mcp("delete_repository", "{" + AT_SHOP + "}")),
                intent("run a workflow", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, "a push runs them by its files: see there")
                        .is(REST, rest("POST /repos/Acme/Shop/actions/workflows/ci.yml/dispatches", "{'ref': 'main'}"))
                        .none(GRAPHQL, "GitHub has no such mutation")
                        .is(
                                MCP,
                                mcp(
                                        "actions_run_trigger",
                                        "{" + AT_SHOP
                                                + ", 'method': 'run_workflow', 'workflow_id': 'ci.yml', 'ref': 'main'}")),
                intent("set an agent to work", "WRITE EXECUTE", IRREVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(
                                REST,
                                rest(
                                        "POST /repos/Acme/Shop/issues/7/assignees",
                                        "{'assignees': ['copilot-swe-agent']}"))
                        .byId(
                                GRAPHQL,
                                graphql("addAssigneesToAssignable(input: {assignableId: 'I_1', assigneeIds: ['A_1']})"))
                        .is(MCP, mcp("assign_copilot_to_issue", "{" + AT_SHOP + ", 'issue_number': 7}"))
                        .is(
                                MCP,
                                mcp(
                                        "issue_write",
                                        "{" + AT_SHOP
                                                + ", 'method': 'create', 'title': 't', 'assignees': ['Copilot']}")),
                intent("read code", "READ", REVERSIBLE)
                        .none(PUSH, "a fetch reads it, as REST: `git/fetch`")
                        .is(REST, rest("GET /repos/Acme/Shop/contents/docs/a.md?ref=main"))
                        .is(GRAPHQL, query("repository(owner: 'Acme', name: 'Shop') { defaultBranchRef { name } }"))
                        .is(MCP, mcp("get_file_contents", "{" + AT_SHOP + ", 'path': '/docs/a.md'}")),
                intent("read a file by its digest", "READ", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("GET /repos/Acme/Shop/git/blobs/" + "1".repeat(40)))
                        .is(
                                GRAPHQL,
                                query("repository(owner: 'Acme', name: 'Shop') { object(oid: '" + "1".repeat(40)
                                        + "') { ... on Blob { text } } }"))
                        .byId(GRAPHQL, query("node(id: 'B_1') { ... on Blob { text } }"))
                        .none(MCP, NO_TOOL),
                intent("read a secret that was found", "READ CREDENTIAL", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("GET /repos/Acme/Shop/secret-scanning/alerts/7"))
                        .none(GRAPHQL, "GitHub shows none by it")
                        .is(MCP, mcp("get_secret_scanning_alert", "{" + AT_SHOP + ", 'alertNumber': 7}"))
                        .is(MCP, mcp("list_secret_scanning_alerts", "{" + AT_SHOP + "}")),
                intent("star", "WRITE", REVERSIBLE)
                        .none(PUSH, NO_REF)
                        .is(REST, rest("PUT /user/starred/Acme/Shop"))
                        .byId(GRAPHQL, graphql("addStar(input: {starrableId: 'R_1'})"))
                        .is(MCP, mcp("star_repository", "{" + AT_SHOP + "}")));
    }

    /** An opaque id may name the team of everybody, whom REST and MCP ask about by its name. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "teamIds: ['T_1']                    | IRREVERSIBLE",
                "teamIds: ['T_1'], userIds: ['U_1']  | IRREVERSIBLE",
                "userIds: null                       | REVERSIBLE",
            })
    void aTeamBehindAnOpaqueIdMayBeEverybody(String reviewers, Reversibility reversibility) {
        assertThat(graphql("requestReviews(input: {pullRequestId: 'P_1', union: true, " + reviewers + "})")
                        .reversibility())
                .isEqualTo(reversibility);
    }

    static Stream<Action> replacedLists() {
        return Stream.of("[]", "null", "[{'field_id': 1, 'value': 'a'}]")
                .flatMap(list -> Stream.of(
                        rest("PATCH /repos/Acme/Shop/issues/7", "{'issue_field_values': " + list + "}"),
                        rest(
                                "PATCH /repos/Acme/Shop/security-advisories/GHSA-abcd-1234-abcd",
                                "{'credits': "
                                        + list.replace("field_id", "login").replace("value", "type") + "}"),
                        graphql("requestReviews(input: {pullRequestId: 'P_1', userIds: []})"),
                        graphql("requestReviews(input: {pullRequestId: 'P_1', userIds: [], union: null})"),
                        graphql("requestReviews(input: {pullRequestId: 'P_1', teamIds: null, union: false})"),
                        graphql("updateProjectV2DraftIssue(input: {draftIssueId: 'D_1', assigneeIds: []})"),
                        graphql("updateIssue(input: {id: 'I_1', labelIds: []})"),
                        mcp(
                                "issue_write",
                                "{" + AT_SHOP + ", 'method': 'update', 'issue_number': 7, 'issue_fields': []}"),
                        mcp(
                                "issue_write",
                                "{" + AT_SHOP + ", 'method': 'update', 'issue_number': 7, 'issue_fields':"
                                        + " [{'field_name': 'a', 'delete': true}]}")));
    }

    @ParameterizedTest
    @MethodSource("replacedLists")
    void replacedListTakesAwayWhatStood(Action action) {
        assertThat(action.impacts()).contains(Impact.DESTROY);
    }

    private static String projectItem(String value) {
        return "updateProjectV2ItemFieldValue(input: {projectId: 'P_1', itemId: 'I_1', fieldId: 'F_1', value: " + value
                + "})";
    }

    private static Action projectTool(String method, String more) {
        return mcp(
                "projects_write", "{'owner': 'Acme', 'project_number': 7, 'method': '" + method + "', " + more + "}");
    }

    static Stream<Action> clearedValues() {
        return Stream.of(
                rest("PATCH /orgs/Acme/projectsV2/7/items/8", "{'fields': [{'id': 1, 'value': null}]}"),
                rest(
                        "PATCH /users/ann/projectsV2/7/items/8",
                        "{'fields': [{'id': 1, 'value': 'a'}, {'id': 2, 'value': ''}]}"),
                rest(
                        "POST /repos/Acme/Shop/issues/7/issue-field-values",
                        "{'issue_field_values': [{'field_id': 1, 'value': null}]}"),
                graphql("clearProjectV2ItemFieldValue(input: {projectId: 'P_1', itemId: 'I_1', fieldId: 'F_1'})"),
                graphql(projectItem("{}")),
                graphql(projectItem("{text: ''}")),
                graphql(projectItem("{number: null}")),
                projectTool("update_project_item", "'item_id': 8, 'updated_field': {'id': 1, 'value': null}"),
                projectTool("update_project_item", "'item_id': 8, 'updated_field': {'id': 1, 'value': ''}"),
                projectTool(
                        "update_project_items", "'items': [{'item_id': 8, 'updated_field': {'id': 1, 'value': null}}]"),
                projectTool(
                        "update_project_items", "'items': [{'item_id': 8, 'updated_field': {'id': 1, 'value': ''}}]"),
                mcp(
                        "set_issue_fields",
                        "{" + AT_SHOP + ", 'issue_number': 7, 'fields': [{'field_id': 'F_1', 'value': ''}]}"),
                rest("PATCH /orgs/Acme/campaigns/7", "{'managers': []}"),
                rest("PATCH /orgs/Acme/campaigns/7", "{'team_managers': ['a']}"),
                rest("PATCH /orgs/Acme/campaigns/7", "{'contact_link': null}"),
                rest("PATCH /orgs/Acme/campaigns/7", "{'description': ''}"));
    }

    @ParameterizedTest
    @MethodSource("clearedValues")
    void clearedValueIsDestroyed(Action action) {
        assertThat(action.impacts()).contains(Impact.DESTROY);
    }

    @Test
    void otherValueIsWritten() {
        assertThat(Stream.of(
                        rest("PATCH /orgs/Acme/projectsV2/7/items/8", "{'fields': [{'id': 1, 'value': 'a'}]}"),
                        graphql(projectItem("{text: 'a'}")),
                        graphql(projectItem("{singleSelectOptionId: '0a'}")),
                        projectTool("update_project_item", "'item_id': 8, 'updated_field': {'id': 1, 'value': 'a'}"),
                        projectTool(
                                "update_project_items",
                                "'items': [{'item_id': 8}], 'updated_field': {'id': 1, 'value': 'a'}"),
                        rest("PATCH /orgs/Acme/campaigns/7", "{'name': 'a', 'state': 'closed'}")))
                .allSatisfy(action -> assertThat(action.impacts()).containsExactly(Impact.WRITE));
    }

    @Test
    void emptiedLabelsAreNoMilderThanOthers() {
        assertThat(graphql("updateIssue(input: {id: 'I_1', labelIds: null})").impacts())
                .isEqualTo(graphql("updateIssue(input: {id: 'I_1', labelIds: ['L_1']})")
                        .impacts());
    }

    private static Intent shown(String name, String impacts, Reversibility reversibility, Action pushed) {
        return intent(name, impacts, reversibility)
                .is(PUSH, pushed)
                .none(REST, HIDDEN)
                .none(GRAPHQL, HIDDEN)
                .none(MCP, HIDDEN);
    }

    private static Intent file(String name, String impacts, Reversibility reversibility, String branch, String path) {
        return intent(name, impacts, reversibility)
                .is(PUSH, pushed(PushedRef.Change.UPDATE, "heads/" + branch, path))
                .is(
                        REST,
                        rest(
                                "PUT /repos/Acme/Shop/contents/" + path,
                                "{'branch': '" + branch + "', 'message': 'm', 'content': ''}"))
                .is(GRAPHQL, graphql(commit(branch, "{additions: [{path: '" + path + "', contents: ''}]}")))
                .is(MCP, mcp("create_or_update_file", onBranch(branch, path)))
                .is(MCP, mcp("push_files", filesOn(branch, path)));
    }

    private static String onBranch(String branch, String path) {
        return "{" + AT_SHOP + ", 'branch': '" + branch + "', 'path': '" + path.replace("\\", "\\\\")
                + "', 'message': 'm'}";
    }

    private static String filesOn(String branch, String path) {
        return "{" + AT_SHOP + ", 'branch': '" + branch
                + "', 'message': 'm', 'files': [{'path': 'a.txt', 'content': ''}," + " {'path': '" + path
                + "', 'content': ''}]}";
    }

    @ParameterizedTest
    @MethodSource("intents")
    void everySpellingIsJudgedAlike(Intent intent) {
        assertThat(intent.spellings.keySet())
                .as("each language has this intent, or says why it has not")
                .containsExactlyInAnyOrder(Section.values());
        intent.spellings.forEach(
                (section, spellings) -> spellings.forEach(spelling -> assertThat(difference(intent, spelling))
                        .as("%s: %s", section, spelling)
                        .isEmpty()));
    }

    private static String difference(Intent intent, Spelling spelling) {
        Action action = spelling.action();
        Judged expected = spelling.expected();
        Judged found = new Judged(action.impacts(), action.reversibility());
        boolean isOpaque =
                action.resources().stream().allMatch(resource -> resource.type().equals("node"));
        boolean isThere = action.resources().equals(intent.resources);
        boolean isEqual = found.equals(expected);
        return switch (spelling.how()) {
            case EQUAL -> isEqual && isThere ? "" : "it differs";
            case BY_ID -> isEqual && isOpaque ? "" : "it differs by more than the opaque id";
            case STRICTER ->
                !isEqual && (isThere || isOpaque) && isStricter(found, expected) ? "" : "it is not stricter";
            case OTHER -> isEqual && isThere && !found.equals(intent.judged) ? "" : "it is not what the table says";
        };
    }

    private static boolean isStricter(Judged one, Judged other) {
        return one.impacts().containsAll(other.impacts()) && one.reversibility().compareTo(other.reversibility()) >= 0;
    }

    /** So a policy about secret files is one, whatever the argument is called there. */
    @Test
    void theNameOfAReadFileIsOneArgument() {
        assertThat(Stream.of(
                        rest("GET /repos/Acme/Shop/contents/app/.env.production"),
                        query("repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:app/.env.production')"
                                + " { ... on Blob { text } } }"),
                        mcp("get_file_contents", "{" + AT_SHOP + ", 'path': 'app/.env.production'}")))
                .allSatisfy(action -> assertThat(action.facts().stream()
                                .filter(fact -> fact.name().equals("argument.file"))
                                .map(Fact::value))
                        .singleElement()
                        .asString()
                        .endsWith("app/.env.production"));
    }

    /** The starter policy forbids such a reading where it forbids those of {@code git/get-blob}. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "repository(owner: 'Acme', name: 'Shop') { object(oid: '0a') { ... on Blob { text } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: '0a') { ... on Blob { text } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(oid: '0a', expression: 'HEAD:a.md') { ... on Blob { text } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:a.md') { ... on Blob { text repository { object(oid: '0a') { ... on Blob { text } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { ref(qualifiedName: 'refs/tags/key') { target { ... on Blob { text } } } }",
                "node(id: 'B_1') { ... on Blob { text } }",
                "repository(owner: 'Acme', name: 'Shop') { refs(refPrefix: 'refs/tags/') { nodes { target { ... on Tag { target { ... on Blob { text } } } } } } }",
                "viewer { gist(name: '0a') { files { text } } }",
                "node(id: 'G_1') { ... on Gist { files { text } } }",
            })
    void aFileThatIsReadByAnotherNameIsUnnamed(String fields) {
        assertThat(filesOf(fields)).contains(Fact.UNNAMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:a.md') { ... on Blob { text } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD') { ... on Commit { file(path: 'a.md') { object { ... on Blob { text } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:a.md') { ... on GitObject { ... on Node { ... on Blob { text } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:src') { ... on Tree { entries { name oid } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(oid: '0a') { ... on Blob { byteSize } } }",
                "node(id: 'PR_1') { id }",
            })
    void aFileThatIsNamedOrNotReadIsNotUnnamed(String fields) {
        assertThat(filesOf(fields)).doesNotContain(Fact.UNNAMED);
    }

    /** One such request would read all files of a directory, those of secrets among them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:') { ... on Tree { entries { object { ... on Blob { text } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD:src') { ... on Tree { entries { ... on TreeEntry { object { ... on GitObject { ... on Node { ... on Blob { text } } } } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD') { ... on Commit { tree { entries { object { ... on Blob { text } } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { object(expression: 'HEAD') { ... on Commit { file(path: 'src') { object { ... on Tree { entries { object { ... on Blob { text } } } } } } } } }",
                "repository(owner: 'Acme', name: 'Shop') { latestRelease { tagCommit { tree { entries { object { ... on Blob { text } } } } } } }",
                "nodes(ids: ['T_1']) { ... on Tree { entries { object { ... on Blob { text } } } } }",
            })
    void theTextsOfAListingAreNotUnderstood(String fields) {
        String body =
                JSON.createObjectNode().put("query", "{ " + json(fields) + " }").toString();
        GITHUB.refused(RestFixture.call("POST /graphql", body));
    }

    private static List<String> filesOf(String fields) {
        return query(fields).facts().stream()
                .filter(fact -> fact.name().equals("argument.file"))
                .map(Fact::value)
                .toList();
    }

    private static CatalogSection file() throws IOException {
        try (InputStream in = Objects.requireNonNull(Catalogs.class.getResourceAsStream("github.yaml"))) {
            return CatalogSection.read("github.yaml", in.readAllBytes());
        }
    }

    private static McpCatalog server() throws IOException {
        CatalogSection top = file();
        return McpCatalogReader.part(CatalogHead.read(top), top.require("mcp"));
    }

    /** A new language of the file, or a second catalog of GitHub, must take part here first. */
    @Test
    void everyLanguageOfGithubTakesPart() throws IOException {
        Set<String> keys = new TreeSet<>(file().members().keySet());
        Stream.of(Section.values()).forEach(section -> keys.removeAll(section.keys));
        assertThat(keys)
                .as("keys that describe no operation")
                .containsExactlyInAnyOrder(
                        "format",
                        "provider",
                        "protocol",
                        "carriers",
                        "forwarded-headers",
                        "hides",
                        "plain",
                        "fixed-headers",
                        "whole-numbers",
                        "colons",
                        "pages",
                        "resources",
                        "storage",
                        "ignores-case",
                        "inputs",
                        "meanings",
                        "questions",
                        "same-as",
                        "words");
        assertThat(BuiltIn.CATALOGS.names())
                .filteredOn(
                        name -> BuiltIn.CATALOGS.find(name).orElseThrow().name().contains("github"))
                .containsExactly("github");
    }

    /** A policy about an operation by its name must find it in each language that has this name. */
    @Test
    void anOperationOfTwoLanguagesHasOneName() throws IOException {
        CatalogSection push = file().require("push");
        Set<String> shared = Stream.of("create", "update", "delete")
                .map(change -> push.require(change).require("name").text())
                .collect(Collectors.toSet());
        Set<String> compared = new HashSet<>();
        for (Intent intent : intents()) {
            Set<String> pushed = operations(intent, PUSH);
            Set<String> sent = operations(intent, REST);
            sent.retainAll(shared);
            if (!sent.isEmpty() && !pushed.isEmpty()) {
                assertThat(pushed).as(intent.name).isEqualTo(sent);
                compared.addAll(sent);
            }
        }
        assertThat(compared).as("each of them is in the table").isEqualTo(shared);
    }

    private static Set<String> operations(Intent intent, Section section) {
        return Objects.requireNonNull(intent.spellings.get(section)).stream()
                .map(spelling -> spelling.action().operation())
                .map(Operation::name)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private record Pair(String tool, String arguments, String request, String body, String why) {

        private static Pair parse(String line) {
            String[] fields = line.split("\t", -1);
            assertThat(fields).as(line).hasSize(5);
            return new Pair(fields[0], fields[1], fields[2], fields[3], fields[4]);
        }

        private Action called() {
            return mcp(tool, arguments);
        }

        private Action other() {
            return switch (request) {
                case "mutation" -> graphql(body);
                case "query" -> query(body);
                default -> rest(request, body);
            };
        }
    }

    static Stream<Pair> pairs() {
        return RestFixture.lines("github-tools.tsv").stream()
                .filter(line -> !line.startsWith("#"))
                .map(Pair::parse);
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aToolIsJudgedAsTheRequestThatItStandsFor(Pair pair) {
        Action called = pair.called();
        if (pair.request().equals("none")) {
            assertThat(pair.why()).isNotBlank();
            return;
        }
        Action other = pair.other();
        assertThat(called.impacts()).isEqualTo(other.impacts());
        assertThat(called.reversibility()).isEqualTo(other.reversibility());
        if (pair.why().isEmpty()) {
            assertThat(called.resources()).isEqualTo(other.resources());
        } else {
            assertThat(called.resources()).as("the reason is out of date").isNotEqualTo(other.resources());
        }
    }

    /**
     * The pairs are those of the catalog's {@code same-as}. A rule is compared where both take a field of that name:
     * other fields are the same to nobody but a reader.
     */
    @Test
    void noTwinLacksARuleOfTheOther() throws IOException {
        RestDialect github = (RestDialect) BuiltIn.CATALOGS.find("github").orElseThrow();
        GraphqlCatalog graphql = github.graphql().orElseThrow().knowledge();
        McpCatalog mcp = github.mcp().orElseThrow().knowledge();
        Map<String, CatalogEntry> all = new HashMap<>();
        github.knowledge().operations().forEach((name, operation) -> all.put(name, operation.entry()));
        all.putAll(graphql.mutations());
        all.putAll(mcp.operations());
        Set<String> lacking = new TreeSet<>();
        Map<String, String> twins = RestCatalogReader.twins(
                        file(), Optional.of(graphql), Optional.of(mcp), github.knowledge())
                .twins();
        twins.forEach((name, twin) -> {
            CatalogEntry entry = Objects.requireNonNull(all.get(name));
            ProviderSchema shapes = graphql.mutations().containsKey(name) ? graphql.shapes() : mcp.shapes();
            Set<String> fields =
                    words(List.copyOf(shapes.fields(entry.shape().arguments()).keySet()));
            Objects.requireNonNull(all.get(twin)).rules().stream()
                    .filter(rule -> words(rule.condition().paths()).stream().anyMatch(fields::contains))
                    .filter(rule -> isMilder(entry, rule))
                    .forEach(rule -> lacking.add(name + " as " + twin + ": " + rule.because()));
        });
        assertThat(twins).hasSizeGreaterThan(100);
        assertThat(lacking).isEmpty();
    }

    /** Of a mutation that deletes a branch by an opaque id, the repository is asked what REST's deletion loses. */
    @Test
    void eachMutationThatDeletesARefIsReadAsRestDoes() throws IOException {
        RestDialect github = (RestDialect) BuiltIn.CATALOGS.find("github").orElseThrow();
        GraphqlCatalog graphql = github.graphql().orElseThrow().knowledge();
        Set<String> deleting = RestCatalogReader.twins(
                        file(), Optional.of(graphql), github.mcp().map(McpDialect::knowledge), github.knowledge())
                .of("git/delete-ref");
        PushedRef lost = new PushedRef(
                PushedRef.Change.DELETE,
                "refs/heads/feature",
                "1".repeat(40),
                false,
                false,
                PushedRef.Origin.READ,
                PushedRef.ChangedFiles.NONE,
                OptionalInt.of(3),
                PushedRef.LostHistory.NONE);
        List<Action> rest = deletions("DELETE /repos/acme/shop/git/refs/heads/feature", "").stream()
                .map(CallReading.NamedDeletion.class::cast)
                .flatMap(named -> named.rules().judge(List.of(lost)).stream())
                .toList();
        assertThat(rest).hasSize(1);
        assertThat(deleting).contains("deleteRef");
        for (String name : deleting) {
            CatalogEntry entry =
                    Objects.requireNonNull(graphql.mutations().get(name), name + " takes a name: read it as REST's");
            String id = entry.resources().keySet().iterator().next().toString().replaceFirst("^input\\.", "");
            String document = "mutation { " + name + "(input: {" + id + ": \"R_1\"}) { clientMutationId } }";
            List<CallReading.RefDeletion> found = deletions(
                    "POST /graphql",
                    JSON.createObjectNode().put("query", document).toString());
            assertThat(found).singleElement().isInstanceOfSatisfying(CallReading.NodeDeletion.class, node -> {
                assertThat(node.isAll()).isTrue();
                assertThat(node.node()).isEqualTo(new Resource("github", "node", "R_1"));
                assertThat(node.named()
                                .apply(SHOP, lost.name())
                                .orElseThrow()
                                .rules()
                                .judge(List.of(lost)))
                        .isEqualTo(rest);
                assertThat(node.named().apply(SHOP, "refs/heads/../../../../evil"))
                        .isEmpty();
                assertThat(node.named().apply(new Resource("github", "repo", "acme"), lost.name()))
                        .isEmpty();
            });
        }
    }

    private static List<CallReading.RefDeletion> deletions(String request, String body) {
        return GITHUB.understood(RestFixture.call(request, body)).deletions();
    }

    private static boolean isMilder(CatalogEntry entry, CatalogEntry.ArgumentRule rule) {
        boolean isSoAnyway = entry.impacts().containsAll(rule.impacts())
                && entry.reversibility().compareTo(rule.reversibility()) >= 0;
        return !isSoAnyway
                && entry.rules().stream()
                        .noneMatch(own -> own.impacts().containsAll(rule.impacts())
                                && own.reversibility().compareTo(rule.reversibility()) >= 0
                                && words(own.condition().paths()).stream()
                                        .anyMatch(words(rule.condition().paths())::contains));
    }

    /** Returns the names of fields, in the one spelling that all languages have. */
    private static Set<String> words(List<ArgumentPath> paths) {
        return paths.stream()
                .flatMap(path -> path.steps().stream()
                        .filter(step -> !step.startsWith("@") && !step.equals(ArgumentPath.ANY))
                        .reduce((_, last) -> last)
                        .stream())
                .map(name -> name.replace("_", "").toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    @Test
    void everyToolTakesPart() throws IOException {
        Set<String> compared =
                pairs().map(pair -> pair.called().operation().name()).collect(Collectors.toSet());
        intents().forEach(intent -> compared.addAll(operations(intent, MCP)));
        assertThat(compared).isEqualTo(server().operations().keySet());
    }

    /** The server writes names into paths as they are, so these would lead to another repository. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "get_latest_release|{'owner': 'acme', 'repo': 'shop/../../evil/repo'}",
                "get_latest_release|{'owner': 'acme/../evil', 'repo': 'repo'}",
                "get_latest_release|{'owner': 'acme', 'repo': '..'}",
                "get_latest_release|{'owner': 'acme', 'repo': 'shop?x'}",
                "get_latest_release|{'owner': 'acme', 'repo': 'shop#x'}",
                "get_latest_release|{'owner': 'acme', 'repo': 'shop%2f..%2fother'}",
                "get_latest_release|{'owner': 'acme', 'repo': 'shop\\\\..'}",
                "get_latest_release|{'owner': 'acme', 'repo': ['shop', 'a/..']}",
                "get_latest_release|{'owner': 'acme', 'repo': {'a': 'b'}}",
                "get_release_by_tag|{'owner': 'acme', 'repo': 'shop', 'tag': 'v1/../../../../evil/repo'}",
                "get_release_by_tag|{'owner': 'acme', 'repo': 'shop', 'tag': 'v1//x'}",
                "create_branch|{'owner': 'acme', 'repo': 'shop', 'branch': 'x', 'from_branch': '../pull/7/head'}",
                "get_file_contents|{'owner': 'acme', 'repo': 'shop', 'path': '../../../evil/repo/contents/a'}",
                "create_or_update_file|{'owner': 'acme', 'repo': 'shop', 'branch': 'x', 'path': 'a/../b'}",
                "get_gist|{'gist_id': '../user'}",
                "actions_run_trigger|{'owner': 'a', 'repo': 'b', 'method': 'run_workflow', 'workflow_id': 'x/../y'}",
            })
    void aNameThatWouldLeadElsewhereIsRefused(String call) {
        String[] parts = call.split("\\|", 2);
        assertThat(GITHUB.refused(message(parts[0], parts[1])).reason())
                .matches(".*(lead to another path|does not have the type).*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"feature/x", "v1.2..3", "a-b_c", "1", ""})
    void anOrdinaryNameIsNot(String tag) {
        assertThat(mcp("get_release_by_tag", "{" + AT_SHOP + ", 'tag': '" + tag + "'}")
                        .resources())
                .containsExactly(SHOP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "delete_branch|{'owner': 'acme', 'repo': 'shop', 'branch': 'x'}",
                "label_write|{'owner': 'acme', 'repo': 'shop', 'name': 'bug'}",
                "label_write|{'owner': 'acme', 'repo': 'shop', 'name': 'bug', 'method': 'DELETE'}",
                "label_write|{'owner': 'acme', 'repo': 'shop', 'name': 'bug', 'method': ['create']}",
                "label_write/create|{'owner': 'acme', 'repo': 'shop', 'name': 'bug', 'method': 'create'}",
                "star_repository|{'owner': 'acme', 'repo': 'shop', 'more': true}",
            })
    void whatIsNotListedIsRefused(String call) {
        String[] parts = call.split("\\|", 2);
        assertThat(GITHUB.refused(message(parts[0], parts[1])).reason()).isNotBlank();
    }

    /** To place it for clients opens nothing that REST does to the account. */
    @Test
    void theProtocolsOwnMethodsTouchAThingOfTheirOwn() {
        Action begun =
                GITHUB.action("POST /mcp/", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}");
        assertThat(begun.isPureRead()).isTrue();
        assertThat(begun.resources()).containsExactly(new Resource("github", "mcp", "self"));
        assertThat(mcp("create_gist", "{'filename': 'a', 'content': 'b'}").resources())
                .containsExactly(new Resource("github", "account", "self"));
    }
}
