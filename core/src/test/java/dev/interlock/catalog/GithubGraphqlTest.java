package dev.interlock.catalog;

import static dev.interlock.action.Impact.CREDENTIAL;
import static dev.interlock.action.Impact.DESTROY;
import static dev.interlock.action.Impact.EXECUTE;
import static dev.interlock.action.Impact.READ;
import static dev.interlock.action.Impact.UNKNOWN;
import static dev.interlock.action.Impact.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the part of GitHub's catalog that is about its GraphQL. */
class GithubGraphqlTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Catalog GITHUB = BuiltIn.CATALOGS.find("github").orElseThrow();
    private static final RestFixture REST = RestFixture.of("github");

    private static HttpCall call(String document, Object variables) {
        try {
            return new HttpCall(
                    "POST",
                    "api.github.com",
                    "/graphql",
                    List.of(),
                    List.of(new Header("content-type", "application/json")),
                    Bytes.of(JSON.writeValueAsBytes(Map.of("query", document, "variables", variables))));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static CallReading.CallMeaning meaning(HttpCall call) {
        return REST.understood(call);
    }

    private static Action only(String document) {
        List<Action> actions = meaning(call(document, Map.of())).actions();
        assertThat(actions).hasSize(1);
        return actions.getFirst();
    }

    private static Set<String> resources(Collection<Action> actions) {
        return actions.stream()
                .flatMap(action -> action.resources().stream())
                .map(Resource::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static GraphqlCatalog knowledge() throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream("github.yaml")) {
            CatalogSection top = CatalogSection.read("github.yaml", in.readAllBytes());
            return GraphqlCatalogReader.part(CatalogHead.read(top), top.require("graphql"));
        }
    }

    private static RestCatalog rest() throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream("github.yaml")) {
            return ((RestDialect) CatalogFile.read("github.yaml", in.readAllBytes())).knowledge();
        }
    }

    static Stream<JsonNode> commands() {
        return RestFixture.lines("gh-queries.jsonl").stream().map(line -> {
            try {
                return JSON.readTree(line);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Requests of the same form as those of the {@code gh} command line. */
    @ParameterizedTest
    @MethodSource("commands")
    void theCommandLineIsUnderstood(JsonNode command) {
        CallReading.CallMeaning meaning =
                meaning(call(command.path("query").asText(), JSON.convertValue(command.path("variables"), Map.class)));
        Set<Impact> impacts = EnumSet.noneOf(Impact.class);
        command.path("impacts").forEach(impact -> impacts.add(Impact.of(impact.asText())));
        assertThat(meaning.actions())
                .allMatch(action -> action.impacts().equals(impacts.isEmpty() ? Set.of(READ) : impacts));
        assertThat(meaning.redaction()).isEmpty();
        Set<String> expected = new TreeSet<>();
        command.path("resources").forEach(resource -> expected.add(resource.asText()));
        assertThat(resources(meaning.actions())).isEqualTo(expected);
    }

    /** Seals, placements and leases count for both, in any spelling. */
    @Test
    void aRepositoryIsTheSameResourceAsByRest() {
        Action rest = REST.action("GET /repos/Acme/Shop", "");
        Action graphql = only("{ repository(owner: \"ACME\", name: \"shop\") { id } }");
        assertThat(graphql.resources()).isEqualTo(rest.resources());
        String commit = "mutation { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: \"Acme/SHOP\","
                + " branchName: \"fix/x\"}, message: {headline: \"m\"}, expectedHeadOid: \"0a\"}) { clientMutationId } }";
        assertThat(only(commit).resources()).isEqualTo(rest.resources());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "owner { login }                                                          | false",
                "owner { ... on User { repositories(first: 9) { nodes { nameWithOwner } } } } | true",
                "parent { nameWithOwner owner { login } }                                 | false",
                "parent { description }                                                   | true",
                "parent { owner { ... on Organization { description } } }                 | true",
                "forks(first: 9) { nodes { nameWithOwner } totalCount }                   | false",
                "forks(first: 9) { nodes { description } }                                | true",
                "issue(number: 1) { subIssues(first: 9) { nodes { number url } } }        | false",
                "issue(number: 1) { subIssues(first: 9) { nodes { body } } }              | true",
                "issue(number: 1) { subIssues(first: 9) { edges { node { body } } } }     | true",
                "issue(number: 1) { subIssues(first: 9) { ... on IssueConnection { nodes { body } } } } | true",
                "pullRequest(number: 1) { headRef { target { oid } } }                    | true",
                "pullRequest(number: 1) { headRefOid baseRef { target { oid } } }         | false",
                "projectsV2(first: 9) { nodes { readme } }                                | true",
            })
    void whatLeadsOutOfTheRepositoryTouchesTheAccountToo(String selection, boolean out) {
        Action action = only("{ repository(owner: \"acme\", name: \"shop\") { " + selection + " } }");
        assertThat(action.impacts()).containsExactly(READ);
        assertThat(resources(List.of(action)).contains("github:account/self")).isEqualTo(out);
        assertThat(resources(List.of(action))).contains("github:repo/acme/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tempCloneToken",
                "object(expression: \"HEAD\") { ... on Commit { zipballUrl } }",
                "defaultBranchRef { target { ... on Commit { history { nodes { tarballUrl } } } } }",
            })
    void aTokenInTheAnswerIsACredential(String selection) {
        CallReading.CallMeaning meaning =
                meaning(call("{ repository(owner: \"acme\", name: \"shop\") { " + selection + " } }", Map.of()));
        assertThat(meaning.actions()).allMatch(action -> action.has(CREDENTIAL));
        assertThat(meaning.redaction()).isPresent();
    }

    /** The type of a place is the schema's. A fragment narrows it, and opens no other. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "... on Repository { id }                                         | true",
                "... on Node { id }                                               | true",
                "... on Starrable { ... on Repository { description } }           | true",
                "owner { ... on User { bio } ... on Organization { email } }      | true",
                "owner { ... on Node { id } }                                     | true",
                "issue(number: 1) { author { ... on Node { id } } }               | true",
                "pullRequest(number: 1) { reviewRequests { nodes { requestedReviewer { ... on Actor { login } } } } } | true",
                "... on Issue { id }                                              | false",
                "... on Issue { __typename }                                      | false",
                "... on Node { ... on Issue { id } }                              | false",
                "... on Issue { ... on Node { id } }                              | false",
                "... on Nothing { id }                                            | false",
                "owner { ... on Bot { login } }                                   | false",
                "owner { ... on Actor { ... on Bot { login } } }                  | false",
                "pullRequest(number: 1) { reviewRequests { nodes { requestedReviewer { ... on Organization { login } } } } } | false",
            })
    void aFragmentIsForATypeThatIsThere(String selection, boolean isThere) {
        CallReading reading =
                GITHUB.read(call("{ repository(owner: \"acme\", name: \"shop\") { " + selection + " } }", Map.of()));
        assertThat(reading).isInstanceOf(isThere ? CallReading.CallMeaning.class : CallReading.CallRejection.class);
        if (reading instanceof CallReading.CallRejection refused) {
            assertThat(refused.reason()).contains("A fragment is for the type");
        }
    }

    /** A server that takes one of two may take the one that nobody looked at. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x: id ... on Repository { x: name }                                              | false",
                "... on Node { x: id } ... on Repository { x: name }                              | false",
                "... on Starrable { x: stargazerCount } ... on Subscribable { x: viewerSubscription } | false",
                "a: object(oid: \"0a\") { id } ... on Repository { a: object(expression: \"HEAD:a.md\") { id } } | false",
                "owner { ... on User { x: bio } ... on Organization { x: email } ... on Organization { x: name } } | false",
                "owner { ... on User { x: bio } ... on Organization { x: email } }                | true",
                "x: id ... on Node { x: id } ... on Repository { x: id }                          | true",
            })
    void oneNameInTheAnswerIsOneField(String selection, boolean isLegal) {
        CallReading reading =
                GITHUB.read(call("{ repository(owner: \"acme\", name: \"shop\") { " + selection + " } }", Map.of()));
        assertThat(reading).isInstanceOf(isLegal ? CallReading.CallMeaning.class : CallReading.CallRejection.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) { timelineItems(first: 9) { totalCount } } } }",
                "{ repository(owner: \"acme\", name: \"shop\") { ref(qualifiedName: \"main\") { compare(headRef: \"mallory:main\") { aheadBy } } } }",
                "{ repository(owner: \"acme\", name: \"shop\", asOf: 1) { id } }",
                "mutation { mergePullRequest(input: {pullRequestId: \"PR_1\", bypass: true}) { clientMutationId } }",
            })
    void whatTheCatalogDoesNotListIsRefused(String document) {
        assertThat(GITHUB.read(call(document, Map.of()))).isInstanceOf(CallReading.CallRejection.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mutation { updateEnterpriseProfile(input: {enterpriseId: \"E_1\"}) { clientMutationId } }",
                "mutation { deleteBranchProtectionRule(input: {branchProtectionRuleId: \"B_1\"}) { clientMutationId } }",
                "{ enterprise(slug: \"acme\") { id } }",
                "{ relay { repository(owner: \"acme\", name: \"shop\") { id } } }",
            })
    void anOperationThatTheCatalogDoesNotListIsUnknown(String document) {
        assertThat(only(document).impacts()).containsExactly(UNKNOWN);
    }

    /** What an opaque id names is in no repository that the seal placed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mutation { mergePullRequest(input: {pullRequestId: 'PR_1'}) { clientMutationId } } | github:node/PR_1",
                "mutation { createPullRequest(input: {repositoryId: 'R_1', baseRefName: 'main', headRefName: 'fix', title: 't'}) { pullRequest { url } } } | github:node/R_1",
                "mutation { addComment(input: {subjectId: 'I_1', body: 'b'}) { clientMutationId } } | github:node/I_1",
                "{ node(id: 'R_1') { ... on Repository { id } } } | github:node/R_1",
                "{ nodes(ids: ['R_1', 'R_2']) { id } } | github:node/R_1 github:node/R_2",
                "mutation { addSubIssue(input: {issueId: 'I_1', subIssueUrl: 'https://github.com/a/b/issues/1'}) { clientMutationId } } | github:node/I_1 github:url/https://github.com/a/b/issues/1",
            })
    void anOpaqueIdIsAResourceOfItsOwn(String document, String resources) {
        assertThat(resources(List.of(only(document.replace('\'', '"')))))
                .isEqualTo(new TreeSet<>(Arrays.asList(resources.split(" "))));
    }

    private record Sibling(String mutation, List<String> rest, Set<String> without) {
        static Sibling of(String line) {
            String[] f = line.split("\t", -1);
            assertThat(f[2].isEmpty())
                    .as("an exception needs a reason: %s", line)
                    .isEqualTo(f[3].isEmpty());
            return new Sibling(f[0], List.of(f[1].split(" ")), Set.of(f[2].split(" ")));
        }
    }

    private static List<Sibling> siblings() {
        return RestFixture.lines("github-graphql.tsv").stream().map(Sibling::of).toList();
    }

    @Test
    void everyMutationIsJudgedAtLeastAsSevereAsByRest() throws IOException {
        Map<String, CatalogEntry> mutations = knowledge().mutations();
        Map<String, RestOperation> operations = rest().operations();
        assertThat(siblings().stream().map(Sibling::mutation)).containsExactlyInAnyOrderElementsOf(mutations.keySet());
        for (Sibling sibling : siblings()) {
            CatalogEntry mutation = mutations.get(sibling.mutation());
            CatalogEntry always = operations.get(sibling.rest().getFirst()).entry();
            assertThat(mutation.impacts()).as(sibling.mutation()).containsAll(always.impacts());
            assertThat(mutation.reversibility()).as(sibling.mutation()).isGreaterThanOrEqualTo(always.reversibility());
            for (String name : sibling.rest()) {
                CatalogEntry rest = operations.get(name).entry();
                assertThat(words(mutation))
                        .as(sibling.mutation() + " like " + name)
                        .containsAll(words(rest).stream()
                                .filter(word -> !sibling.without().contains(word))
                                .toList());
            }
        }
    }

    private static Set<String> words(CatalogEntry entry) {
        Set<String> words = new TreeSet<>();
        entry.possible().forEach(impact -> words.add(impact.word()));
        Stream.concat(
                        Stream.of(entry.reversibility()),
                        entry.rules().stream().map(CatalogEntry.ArgumentRule::reversibility))
                .flatMap(worst -> Stream.of(Reversibility.values()).filter(word -> word.compareTo(worst) <= 0))
                .forEach(word -> words.add(word.word()));
        return words;
    }

    /** People who confirm a call read what it does. */
    @Test
    void harmfulMutationsHaveAnEffectSentence() throws IOException {
        assertThat(knowledge().mutations().values())
                .filteredOn(entry -> entry.effect().isEmpty())
                .allMatch(entry -> entry.impacts().equals(Set.of(WRITE)));
    }

    /** Every identifier places the call, or is shown. */
    @Test
    void everyIdentifierIsAResourceOrAFact() throws IOException {
        GraphqlCatalog knowledge = knowledge();
        Set<String> forgotten = new TreeSet<>();
        knowledge.mutations().forEach((name, entry) -> {
            Set<String> used = new HashSet<>();
            entry.naming().forEach(path -> used.add(path.toString()));
            entry.facts().all().forEach(path -> used.add(path.toString()));
            identifiers(knowledge.shapes(), entry.shape().arguments(), "")
                    .filter(path -> !used.contains(path))
                    .forEach(path -> forgotten.add(name + " " + path));
        });
        assertThat(forgotten).isEmpty();
    }

    private static Stream<String> identifiers(
            ProviderSchema shapes, Map<String, ProviderSchema.InputField> inputs, String before) {
        return inputs.entrySet().stream().flatMap(input -> {
            String path = before + input.getKey();
            return input.getValue()
                    .type()
                    .map(type -> identifiers(shapes, shapes.input(type), path + "."))
                    .orElseGet(() -> path.matches("(.*\\.)?(id|ids|[A-Za-z]*(Ids?|Url|NameWithOwner))")
                                    && !path.endsWith("clientMutationId")
                            ? Stream.of(path)
                            : Stream.empty());
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "branchName: 'fix/x' | additions: [{path: 'src/a.css', contents: 'eA=='}]             | WRITE",
                "branchName: 'main'  | additions: [{path: 'src/a.css', contents: 'eA=='}]             | WRITE EXECUTE",
                "branchName: 'refs/heads/main' | additions: [{path: 'src/a.css', contents: 'eA=='}]   | WRITE EXECUTE",
                "branchName: ''      | additions: [{path: 'src/a.css', contents: 'eA=='}]             | WRITE EXECUTE",
                "branchName: 'fix/x', id: 'REF_1' | additions: [{path: 'a', contents: 'eA=='}]        | WRITE EXECUTE",
                "branchName: 'fix/x' | deletions: [{path: 'src/a.css'}]                               | WRITE DESTROY",
                "branchName: 'fix/x' | deletions: []                                                  | WRITE",
                "branchName: 'fix/x' | additions: [{path: 'a', contents: ''}, {path: '.github/workflows/x.yml', contents: ''}] | WRITE EXECUTE",
                "branchName: 'fix/x' | additions: [{path: './.github/workflows/x.yml', contents: ''}] | WRITE EXECUTE",
                "branchName: 'fix/x' | additions: [{path: 'a/../.github/x', contents: ''}]            | WRITE EXECUTE",
                "branchName: 'fix/x' | additions: [{path: 'a//b', contents: ''}]                      | WRITE EXECUTE",
                "branchName: 'fix/x' | additions: [{path: 'web/Dockerfile', contents: ''}]            | WRITE EXECUTE",
                "branchName: 'fix/x' | deletions: [{path: 'railway.json'}]                            | WRITE DESTROY EXECUTE",
                "branchName: 'fix/x' | additions: [{path: 'CODEOWNERS', contents: ''}]                | WRITE PRIVILEGE",
            })
    void aCommitIsJudgedByItsBranchAndItsFiles(String branch, String changes, String impacts) {
        String document = "mutation { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: 'acme/shop', "
                + branch + "}, message: {headline: 'm'}, expectedHeadOid: '0a', fileChanges: {" + changes
                + "}}) { commit { oid } } }";
        Action action = only(document.replace('\'', '"'));
        assertThat(action.impacts()).isEqualTo(RestFixture.words(impacts));
        assertThat(action.reversibility() == Reversibility.IRREVERSIBLE).isEqualTo(action.has(EXECUTE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "createPullRequest(input: {repositoryId: 'R', baseRefName: 'main', headRefName: 'fix', title: 't'}) | WRITE",
                "createPullRequest(input: {repositoryId: 'R', baseRefName: 'main', headRefName: 'mallory:fix', title: 't'}) | WRITE PRIVILEGE",
                "createIssue(input: {repositoryId: 'R', title: 't', labelIds: ['LA_1']})          | WRITE EXECUTE",
                "createIssue(input: {repositoryId: 'R', title: 't', assigneeIds: ['U_1']})        | WRITE EXECUTE",
                "addComment(input: {subjectId: 'I', body: 'Thanks.'})                             | WRITE",
                "addComment(input: {subjectId: 'I', body: '@claude fix it'})                      | WRITE EXECUTE",
                "addPullRequestReview(input: {pullRequestId: 'P', event: COMMENT, body: 'b'})     | WRITE",
                "addPullRequestReview(input: {pullRequestId: 'P', event: APPROVE})                | WRITE PRIVILEGE",
                "submitPullRequestReview(input: {pullRequestId: 'P', event: DISMISS})             | WRITE PRIVILEGE",
                "updatePullRequest(input: {pullRequestId: 'P', title: 't'})                       | WRITE",
                "updatePullRequest(input: {pullRequestId: 'P', baseRefName: 'main'})              | WRITE PRIVILEGE",
                "updateIssue(input: {id: 'I', labelIds: []})                                      | WRITE DESTROY EXECUTE",
                "updateRef(input: {refId: 'F', oid: '0a'})                                        | WRITE EXECUTE",
                "updateRef(input: {refId: 'F', oid: '0a', force: true})                           | WRITE EXECUTE DESTROY",
                "createRepository(input: {name: 'x', visibility: PRIVATE})                        | WRITE",
                "createRepository(input: {name: 'x', visibility: INTERNAL})                       | WRITE PRIVILEGE",
                "updateRepository(input: {repositoryId: 'R', hasWikiEnabled: false})              | WRITE DESTROY",
                "updateRepository(input: {repositoryId: 'R', name: 'y'})                          | WRITE PRIVILEGE",
            })
    void argumentsAreJudgedAsByRest(String mutation, String impacts) {
        String document = "mutation { " + mutation.replace('\'', '"') + " { clientMutationId } }";
        assertThat(only(document).impacts()).isEqualTo(RestFixture.words(impacts));
    }

    /** The answer of a mutation leads to the caller, and from there to everything that the caller may read. */
    @Test
    void theAnswerOfAMutationMayLeadOutToo() {
        String lock = "mutation { lockLockable(input: {lockableId: \"I\"}) { actor { login %s } } }";
        assertThat(resources(List.of(only(lock.formatted(""))))).containsExactly("github:node/I");
        assertThat(resources(List.of(only(lock.formatted("... on User { issues(first: 9) { nodes { body } } }")))))
                .containsExactlyInAnyOrder("github:node/I", "github:account/self");
    }

    /** One request may mix reads of production with a deletion; each field counts by itself. */
    @Test
    void everyRootFieldIsAnActionOfItsOwn() {
        List<Action> actions = meaning(call(
                        "mutation { a: addStar(input: {starrableId: \"R\"}) { clientMutationId } b: deleteIssue(input:"
                                + " {issueId: \"I\"}) { clientMutationId } }",
                        Map.of()))
                .actions();
        assertThat(actions).hasSize(2).anyMatch(action -> action.has(DESTROY));
    }
}
