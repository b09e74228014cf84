package dev.interlock.catalog;

import static dev.interlock.action.Impact.CREDENTIAL;
import static dev.interlock.action.Impact.DESTROY;
import static dev.interlock.action.Impact.EXECUTE;
import static dev.interlock.action.Impact.PRIVILEGE;
import static dev.interlock.action.Impact.READ;
import static dev.interlock.action.Impact.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests GitHub's catalog as a whole, and the judgements that are easily wrong. */
class GithubTest {

    private static final String OTHER_NAME = "repos/compare-commits";
    private static final RestFixture GITHUB = RestFixture.of("github");

    private static RestCatalog knowledge() throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream("github.yaml")) {
            return ((RestDialect) CatalogFile.read("github.yaml", in.readAllBytes())).knowledge();
        }
    }

    private static String nameless(String template) {
        return template.replaceAll("\\{[^}]*}", "{}");
    }

    private static final Set<String> GIT = Set.of(
            "GET /{}/{}/info/refs git/references",
            "POST /{}/{}/git-upload-pack git/fetch",
            "POST /{}/{}/git-receive-pack git/push");

    /** The catalog has exactly the operations that GitHub publishes, and Git. */
    @Test
    void theCatalogHasExactlyThePublishedOperations() throws IOException {
        Set<String> listed = new TreeSet<>();
        knowledge()
                .operations()
                .values()
                .forEach(entry -> listed.add(entry.line().method() + " "
                        + nameless(entry.line().template().toString()) + " " + entry.name()));
        Set<String> published = new TreeSet<>();
        for (String line : RestFixture.lines("github-operations.tsv")) {
            String[] fields = line.split("\t");
            if (!fields[2].equals(OTHER_NAME)) {
                published.add(fields[0] + " " + nameless(fields[1]) + " " + fields[2]);
            }
        }
        assertThat(published).hasSize(1222);
        published.addAll(GIT);
        assertThat(listed).isEqualTo(published);
    }

    /** Each published operation is found by its own request, whatever else the catalog contains. */
    @Test
    void everyPublishedRequestIsReadAsItsOwnOperation() {
        List<String> strayed = new ArrayList<>();
        for (String line : RestFixture.lines("github-operations.tsv")) {
            String[] fields = line.split("\t");
            String path = fields[1].replaceAll("\\{[^}]*}", "7");
            String expected =
                    "github/" + (fields[2].equals(OTHER_NAME) ? "repos/compare-commits-with-basehead" : fields[2]);
            Action action = GITHUB.action(fields[0] + " " + path, "");
            if (!action.operation().toString().equals(expected)) {
                strayed.add(line + " -> " + action.operation());
            }
            if (!fields[0].equals("GET") && action.isPureRead()) {
                assertThat(fields[2])
                        .isIn(
                                "markdown/render",
                                "markdown/render-raw",
                                "orgs/list-attestations-bulk",
                                "users/list-attestations-bulk",
                                "repos/generate-release-notes");
            }
            if (fields[0].equals("GET")) {
                assertThat(Set.of(READ, CREDENTIAL)).as(line).containsAll(action.impacts());
            }
        }
        assertThat(strayed).isEmpty();
    }

    /** Bots and agents work for whoever mentions them, or sets their label. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "issues/1/comments | {'body': 'Thanks!'}                             | WRITE",
                "issues/1/comments | {'body': 'What do you think, Alice?'}          | WRITE",
                "issues/1/comments | {'body': 'Please, @Claude, merge it'}           | WRITE EXECUTE",
                "issues/1/comments | {'body': ' /deploy production'}                 | WRITE EXECUTE",
                "pulls/1/comments  | {'body': '@dependabot merge', 'path': 'a'}      | WRITE EXECUTE",
                "issues/1/labels   | {'labels': ['bug']}                             | WRITE",
                "issues/1/labels   | {'labels': ['bug', 'safe to test']}             | WRITE EXECUTE",
                "issues/1/labels   | {'labels': [{'name': 'automerge'}]}             | WRITE EXECUTE",
                "issues/1/labels   | ['bug']                                         | WRITE",
                "issues/1/labels   | ['claude']                                      | WRITE EXECUTE",
                "issues/1/labels   | [{'name': 'claude'}]                            | WRITE EXECUTE",
                "issues/1/labels   | ['Safe_To  test']                               | WRITE EXECUTE",
                "issues/1/labels   | ['auto-approve']                                | WRITE EXECUTE",
                "issues/1/labels   | ['gemini']                                      | WRITE EXECUTE",
            })
    void whatStartsABotExecutes(String path, String body, String impacts) {
        assertThat(GITHUB.impacts("POST /repos/acme/shop/" + path, body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    @ParameterizedTest
    @ValueSource(strings = {"do not merge", "do_not_merge", "don’t merge", "no-merge", "work in progress"})
    void labelThatHoldsIsNotTakenOff(String label) {
        assertThat(GITHUB.impacts("DELETE /repos/acme/shop/issues/1/labels/" + label, ""))
                .contains(EXECUTE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                              | WRITE",
                "{'description': 'x'}            | WRITE",
                "{'private': true}               | WRITE DESTROY PRIVILEGE",
                "{'private': false}              | WRITE DESTROY PRIVILEGE",
                "{'private': 'false'}            | WRITE DESTROY PRIVILEGE",
                "{'visibility': 'public'}        | WRITE DESTROY PRIVILEGE",
                "{'archived': true}              | WRITE PRIVILEGE",
                "{'name': 'other'}               | WRITE PRIVILEGE",
                "{'default_branch': 'x'}         | WRITE PRIVILEGE EXECUTE",
                "{'has_wiki': false}             | WRITE DESTROY",
                "{'has_wiki': true}              | WRITE",
                "{'security_and_analysis': null} | WRITE PRIVILEGE",
            })
    void theBodyDecidesTheImpactOfARepositoryUpdate(String body, String impacts) {
        assertThat(GITHUB.impacts("PATCH /repos/acme/shop", body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    @Test
    void publishingIsIrreversible() {
        assertThat(GITHUB.action("PATCH /repos/acme/shop", "{\"private\": false}")
                        .reversibility())
                .isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource({"COMMENT, false", "REQUEST_CHANGES, false", "APPROVE, true", "approve, true", "comment, true"})
    void anApprovalAndAPossibleApprovalArePrivileges(String event, boolean approves) {
        String body = "{\"event\":\"" + event + "\"}";
        assertThat(GITHUB.action("POST /repos/acme/shop/pulls/1/reviews", body).has(PRIVILEGE))
                .isEqualTo(approves);
        assertThat(GITHUB.action("POST /repos/acme/shop/pulls/1/reviews/2/events", body)
                        .has(PRIVILEGE))
                .isEqualTo(approves);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PUT /repos/acme/shop/topics",
                "PUT /repos/acme/shop/issues/1/labels",
                "PUT /repos/acme/shop/branches/feature/x/protection",
                "PUT /repos/acme/shop/rulesets/1",
                "PUT /repos/acme/shop/environments/live",
                "PUT /orgs/acme/actions/permissions/repositories",
                "PUT /orgs/acme/actions/secrets/TOKEN/repositories",
            })
    void replacingAWholeDestroysAndNamesItsCheck(String request) {
        Action action = GITHUB.action(request, "{}");
        assertThat(action.has(DESTROY) || action.has(PRIVILEGE)).isTrue();
        assertThat(RestFixture.facts(action, "replaces")).hasSize(1);
        assertThat(RestFixture.facts(action, "stands")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /app/installations/7/access_tokens",
                "POST /repos/acme/shop/actions/runners/registration-token",
                "POST /orgs/acme/actions/runners/generate-jitconfig",
                "POST /app-manifests/abc/conversions",
                "GET /repos/acme/shop/hooks",
                "GET /feeds",
                "GET /repos/acme/shop/secret-scanning/alerts",
                "GET /repos/acme/shop/secret-scanning/alerts/1?hide_secret=false",
                "PUT /repos/acme/shop/actions/secrets/TOKEN",
                "POST /user/keys",
                // the answer contains the whole changed object
                "PATCH /repos/acme/shop/secret-scanning/alerts/1",
                "PATCH /repos/acme/shop/hooks/7",
                "PATCH /repos/acme/shop/hooks/7/config",
                "PATCH /orgs/acme/hooks/7",
                "PATCH /orgs/acme/hooks/7/config",
                "PATCH /app/hook/config",
            })
    void revealingOrMintingASecretIsCredential(String request) {
        assertThat(GITHUB.impacts(request, "")).contains(CREDENTIAL);
    }

    /** The author of a pull request chooses both branches, so its "update" can push anything anywhere. */
    /** Their numbers hide what they do: a label, an agent, or the commits of a branch. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /repos/acme/shop/issues/7/suggestions/3/approve",
                "POST /user/codespaces/mine/exports",
            })
    void whatANumberHidesExecutes(String request) {
        Action action = GITHUB.action(request, "");
        assertThat(action.impacts()).contains(EXECUTE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @Test
    void updatingAPullRequestExecutes() {
        Action action = GITHUB.action("PUT /repos/acme/shop/pulls/7/update-branch", "");
        assertThat(action.impacts()).contains(EXECUTE);
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'target_ref': 'fix/x'}            | false",
                "{'target_ref': 'refs/heads/fix/x'} | false",
                "{'target_ref': 'main'}             | true",
                "{'target_ref': 'refs/heads/main'}  | true",
                "{'target_ref': ''}                 | true",
                "{'target_ref': null}               | true",
                "{}                                 | true",
                "''                                 | true",
            })
    void anAutofixLandsOnTheBranchThatIsNamedOrOnTheDefaultOne(String body, boolean deploys) {
        Action action =
                GITHUB.action("POST /repos/acme/shop/code-scanning/alerts/7/autofix/commits", body.replace('\'', '"'));
        assertThat(action.has(EXECUTE)).isEqualTo(deploys);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'summary': 'x'}                      | WRITE",
                "{'state': 'published'}                | WRITE PRIVILEGE",
                "{'collaborating_users': ['mallory']}  | WRITE PRIVILEGE",
                "{'collaborating_users': []}           | WRITE PRIVILEGE",
                "{'collaborating_teams': ['mallory']}  | WRITE PRIVILEGE",
            })
    void accessToAdvisoriesIsAPrivilege(String body, String impacts) {
        assertThat(GITHUB.impacts("PATCH /repos/acme/shop/security-advisories/GHSA-1", body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /repos/acme/shop/code-scanning/sarifs",
                "POST /repos/acme/shop/dependency-graph/snapshots",
                "POST /repos/acme/shop/check-runs",
                "POST /repos/acme/shop/statuses/abc",
            })
    void mergeRequirementsAreAPrivilege(String request) {
        assertThat(GITHUB.impacts(request, "{}")).contains(PRIVILEGE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'value': 'x'}                                             | WRITE EXECUTE",
                "{'visibility': 'all'}                                      | WRITE DESTROY PRIVILEGE",
                "{'visibility': 'selected', 'selected_repository_ids': []}  | WRITE DESTROY PRIVILEGE",
                "{'selected_repository_ids': [7]}                           | WRITE DESTROY",
            })
    void sharingAnOrganisationVariableIsMoreThanAWrite(String body, String impacts) {
        for (String room : List.of("actions", "agents")) {
            String request = "PATCH /orgs/acme/" + room + "/variables/DEPLOY";
            assertThat(GITHUB.impacts(request, body.replace('\'', '"'))).isEqualTo(RestFixture.words(impacts));
        }
        assertThat(GITHUB.resources("PATCH /orgs/acme/actions/variables/X", "{\"selected_repository_ids\":[7]}"))
                .containsExactlyInAnyOrder("github:org/acme", "github:repo-id/7");
    }

    /** Sharing a variable with more repositories touches the organisation, not the repositories' contents. */
    @ParameterizedTest
    @ValueSource(strings = {"PATCH /orgs/acme/ROOM/variables/X", "PUT /orgs/acme/ROOM/variables/X/repositories"})
    void sharingAnOrganisationVariableLosesNoRepository(String request) {
        for (String room : List.of("actions", "agents")) {
            Action action = GITHUB.action(request.replace("ROOM", room), "{\"selected_repository_ids\":[17]}");
            assertThat(action.has(DESTROY)).isTrue();
            assertThat(action.destroysAPart()).isTrue();
            assertThat(action.preserves(Resource.parse("github:repo-id/17"))).isTrue();
            assertThat(action.resources()).contains(Resource.parse("github:repo-id/17"));
        }
    }

    /**
     * With `runs-on: ${{ vars.RUNNER }}` the variable moves the default branch's jobs, with their secrets and without a
     * commit.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /orgs/acme/actions/variables",
                "PATCH /orgs/acme/actions/variables/RUNNER",
                "POST /repos/acme/shop/actions/variables",
                "PATCH /repos/acme/shop/actions/variables/RUNNER",
                "POST /repos/acme/shop/environments/live/variables",
                "PATCH /repos/acme/shop/environments/live/variables/RUNNER",
                "POST /orgs/acme/agents/variables",
                "PATCH /orgs/acme/agents/variables/RUNNER",
                "POST /repos/acme/shop/agents/variables",
                "PATCH /repos/acme/shop/agents/variables/RUNNER",
            })
    void settingAVariableExecutes(String request) {
        Action action = GITHUB.action(request, "{\"name\":\"RUNNER\",\"value\":\"x\"}");
        assertThat(action.impacts()).containsExactlyInAnyOrder(WRITE, EXECUTE);
        assertThat(RestFixture.facts(action, "argument.body.value")).containsExactly("x");
    }

    /** A repository that gets a variable goes by it as if it were made there. */
    @Test
    void givingAVariableToOneMoreRepositoryExecutes() {
        for (String room : List.of("actions", "agents")) {
            String request = " /orgs/acme/" + room + "/variables/RUNNER/repositories/7";
            assertThat(GITHUB.impacts("PUT" + request, "")).containsExactlyInAnyOrder(WRITE, EXECUTE);
            Action removal = GITHUB.action("DELETE" + request, "");
            assertThat(removal.impacts()).containsExactly(DESTROY);
            assertThat(removal.destroysAPart()).as("the repository stays").isTrue();
        }
    }

    /** What is said of many deployments at once replaces what was said before, whether at once or by a job. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deployment-record/cluster/c      | {'deployments': []}           | DESTROY",
                "deployment-record/cluster/c/jobs | {'deployments': []}           | DESTROY",
                "deployment-record                | {'status': 'decommissioned'}  | WRITE DESTROY",
                "deployment-record                | {'status': 'deployed'}        | WRITE",
                "storage-record                   | {'status': 'deleted'}         | WRITE DESTROY",
                "storage-record                   | {'status': 'active'}          | WRITE",
            })
    void recordsOfWhatRunsAreNotWrittenOff(String path, String body, String impacts) {
        Action action = GITHUB.action("POST /orgs/acme/artifacts/metadata/" + path, body.replace('\'', '"'));
        assertThat(action.impacts()).isEqualTo(RestFixture.words(impacts));
        assertThat(action.reversibility() == Reversibility.IRREVERSIBLE).isEqualTo(action.has(DESTROY));
    }

    @Test
    void anIssueBecomesAPullRequestForGood() {
        String branches = "'head': 'fix/x', 'base': 'main'}".replace('\'', '"');
        String request = "POST /repos/acme/shop/pulls";
        assertThat(GITHUB.action(request, "{\"issue\": 7, " + branches).reversibility())
                .isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(GITHUB.action(request, "{\"title\": \"x\", " + branches).reversibility())
                .isEqualTo(Reversibility.REVERSIBLE);
    }

    /** A campaign reaches the developers of many repositories. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST /orgs/acme/campaigns    | {'name': 'x'}                            | WRITE         | REVERSIBLE",
                "POST /orgs/acme/campaigns    | {'name': 'x', 'generate_issues': false}  | WRITE         | REVERSIBLE",
                "POST /orgs/acme/campaigns    | {'name': 'x', 'generate_issues': true}   | WRITE EXECUTE | IRREVERSIBLE",
                "POST /orgs/acme/campaigns    | {'contact_link': 'https://x.example'}    | WRITE         | IRREVERSIBLE",
                "PATCH /orgs/acme/campaigns/7 | {'contact_link': 'https://x.example'}    | WRITE         | IRREVERSIBLE",
                "PATCH /orgs/acme/campaigns/7 | {'name': 'x'}                            | WRITE         | REVERSIBLE",
            })
    void campaignsReachManyPeople(String request, String body, String impacts, Reversibility reversibility) {
        Action action = GITHUB.action(request, body.replace('\'', '"'));
        assertThat(action.impacts()).isEqualTo(RestFixture.words(impacts));
        assertThat(action.reversibility()).isEqualTo(reversibility);
    }

    /** Agents follow the texts of a space as they follow `AGENTS.md`. A repository that is added says nothing new. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST copilot-spaces               | {'name': 'x'}                                           | false",
                "POST copilot-spaces               | {'general_instructions': 'x'}                           | true",
                "POST copilot-spaces               | {'resources_attributes': [{'metadata': {'text': 'x'}}]} | true",
                "PUT copilot-spaces/7              | {'general_instructions': 'x'}                           | true",
                "POST copilot-spaces/7/resources   | {'resource_type': 'free_text', 'metadata': {}}          | true",
                "POST copilot-spaces/7/resources   | {'resource_type': 'repository', 'metadata': {'text': 'x'}} | true",
                "POST copilot-spaces/7/resources   | {}                                                      | true",
                "POST copilot-spaces/7/resources   | {'resource_type': 'repository', 'metadata': {'repository_id': 7}} | false",
                "PUT copilot-spaces/7/resources/8  | {'metadata': {'text': 'x'}}                             | true",
            })
    void instructionsOfASpaceExecute(String request, String body, boolean isFollowed) {
        for (String owner : List.of("orgs/acme", "users/acme")) {
            Action action = GITHUB.action(request.replace(" ", " /" + owner + "/"), body.replace('\'', '"'));
            assertThat(action.has(EXECUTE)).as("%s %s", owner, body).isEqualTo(isFollowed);
        }
    }

    /** Nothing is uploaded under a taken name. A caller who renames assets therefore decides what people download. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name': 'old.bin'}   | WRITE EXECUTE",
                "{'name': null}        | WRITE EXECUTE",
                "{'state': 'uploaded'} | WRITE EXECUTE",
                "{'label': 'Linux'}    | WRITE",
            })
    void replacingAReleaseAssetIsMoreThanAWrite(String body, String impacts) {
        assertThat(GITHUB.impacts("PATCH /repos/acme/cli/releases/assets/77", body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    /** Returns a file for each path that machines run, and one in each directory of such files. */
    static Stream<String> machinesFiles() {
        return machinesFiles("after the next push");
    }

    /** Returns files that hosting services read in the directory of each project that they build. */
    static Stream<String> hostsFiles() {
        return Stream.concat(
                machinesFiles("the host that builds and deploys runs its commands after the next push"),
                Stream.of("Dockerfile", "dockerfile.web", "docker-compose.yml", "compose.yaml"));
    }

    private static Stream<String> machinesFiles(String why) {
        return ExecutedPaths.usual().entries().stream()
                .filter(entry -> entry.why().endsWith(why))
                .map(ExecutedPaths.ExecutedPattern::pattern)
                .map(pattern -> pattern.replace("y*ml", "yaml").replace('*', 'x'))
                .flatMap(path -> path.matches("\\.[^.]+") ? Stream.of(path, path + "/x") : Stream.of(path));
    }

    /** A file that a workspace warns of runs just as well if it is written through the API. */
    @ParameterizedTest
    @MethodSource("machinesFiles")
    void writingAWorkflowFileExecutes(String path) {
        requireExecuted(path);
    }

    @ParameterizedTest
    @MethodSource("hostsFiles")
    void filesThatHostsRunExecuteInEveryDirectory(String path) {
        requireExecuted(path);
        requireExecuted("apps/web/" + path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/about-railway.json", "src/Procfile.md", "vercel.json.txt", "apps/web/main.ts"})
    void similarlyNamedFilesAreWrites(String path) {
        assertThat(GITHUB.impacts("PUT /repos/acme/shop/contents/" + path, "{\"branch\":\"fix/x\"}"))
                .containsExactly(WRITE);
    }

    private static void requireExecuted(String path) {
        String tree = "{\"base_tree\":\"a\",\"tree\":[{\"path\":\"" + path + "\",\"content\":\"x\"}]}";
        assertThat(GITHUB.impacts("POST /repos/acme/shop/git/trees", tree)).contains(EXECUTE);
        String file = "{\"branch\":\"fix/x\",\"content\":\"eA==\",\"message\":\"m\"}";
        assertThat(GITHUB.impacts("PUT /repos/acme/shop/contents/" + path, file))
                .as(path)
                .contains(EXECUTE);
    }

    @Test
    void readingAHiddenSecretIsARead() {
        assertThat(GITHUB.impacts("GET /repos/acme/shop/secret-scanning/alerts/1?hide_secret=true", ""))
                .containsExactly(READ);
    }

    @Test
    void theOneTimeCodeOfAManifestIsNotShown() {
        Action action = GITHUB.action("POST /app-manifests/s3cret/conversions", "");
        assertThat(action.facts().toString()).doesNotContain("s3cret");
    }

    @Test
    void everythingBelowARepositoryIsTheRepositoryInOneSpelling() {
        assertThat(GITHUB.resources("DELETE /repos/Acme/Shop/issues/comments/7", ""))
                .containsExactly("github:repo/acme/shop");
        assertThat(GITHUB.resources("PUT /orgs/Acme/teams/core/repos/acme/shop", "{}"))
                .containsExactlyInAnyOrder("github:org/acme", "github:repo/acme/shop");
        assertThat(GITHUB.resources("POST /repos/acme/shop/transfer", "{\"new_owner\":\"Evil\"}"))
                .containsExactlyInAnyOrder("github:repo/acme/shop", "github:org/evil");
        assertThat(GITHUB.resources("PUT /orgs/acme/actions/permissions/repositories/42", ""))
                .containsExactlyInAnyOrder("github:org/acme", "github:repo-id/42");
        assertThat(GITHUB.resources("GET /user", "")).containsExactly("github:account/self");
    }

    /** A request at one repository may be about others. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "POST /repos/acme/shop/code-scanning/codeql/variant-analyses | {'repositories': ['acme/billing']}"
                        + " | repo/acme/billing",
                "POST /repos/acme/shop/code-scanning/codeql/variant-analyses | {'repository_owners': ['Other']}"
                        + " | org/other",
                "POST /repos/acme/shop/code-scanning/codeql/variant-analyses | {'repository_lists': ['all']}"
                        + " | repository-list/all",
                "GET /repos/acme/shop/code-scanning/codeql/variant-analyses/7/repos/acme/billing | ~~"
                        + " | repo/acme/billing",
                "POST /repos/acme/shop/pulls | {'head': 'x', 'head_repo': 'Billing'} | repo/acme/billing",
                "POST /orgs/acme/migrations | {'repositories': ['acme/billing']} | repo/acme/billing",
                "POST /orgs/acme/teams | {'repo_names': ['acme/billing']} | repo/acme/billing",
                "PATCH /orgs/acme/properties/values | {'repository_names': ['billing']} | repo/acme/billing",
            })
    void everyRequestThatNamesARepositoryTouchesIt(String request, String body, String resource) {
        assertThat(GITHUB.resources(request, body.replace('\'', '"'))).contains("github:" + resource);
        assertThat(GITHUB.resources(request, body.replace('\'', '"'))).hasSize(2);
    }

    /** A name before a colon is another owner's, or another repository's: what is touched of theirs is not known. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /repos/acme/shop/compare/main...acme:main                        | ''",
                "GET /repos/acme/shop/compare/main...other:main                       | other",
                "GET /repos/acme/shop/compare/acme:billing:main...main                | acme",
                "GET /repos/acme/shop/compare/main...acme:billing:feature/x           | acme",
                "GET /repos/acme/shop/dependency-graph/compare/main...other:main      | other",
            })
    void comparedCommitsOfOthersTouchTheirOwner(String request, String owner) {
        assertThat(GITHUB.impacts(request, "")).containsExactly(READ);
        assertThat(GITHUB.resources(request, ""))
                .containsExactlyInAnyOrderElementsOf(
                        owner.isEmpty()
                                ? List.of("github:repo/acme/shop")
                                : List.of("github:repo/acme/shop", "github:org/" + owner));
    }

    /** A pull request shows the difference to its head, wherever in the network of forks that is. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fix/x               | ''",
                "acme:fix/x          | ''",
                "Acme:fix/x          | ''",
                "other:main          | other",
                "acme:billing:main   | acme",
                "acmes:main          | acmes",
            })
    void thePullRequestOfAnothersBranchTouchesItsOwner(String head, String owner) {
        for (String value : List.of("\"" + head + "\"", "[\"" + head + "\"]")) {
            assertThat(GITHUB.resources("POST /repos/acme/shop/pulls", "{\"base\":\"main\",\"head\":" + value + "}"))
                    .as(value)
                    .containsExactlyInAnyOrderElementsOf(
                            owner.isEmpty()
                                    ? List.of("github:repo/acme/shop")
                                    : List.of("github:repo/acme/shop", "github:org/" + owner));
        }
    }

    @Test
    void aHeadThatNamesNothingIsRefusedWithARemedy() {
        CallReading.CallRejection refused = GITHUB.refused(
                RestFixture.call("POST /repos/acme/shop/pulls", "{\"base\":\"main\",\"head\":\":main\"}"));
        assertThat(refused.next()).contains("Name it as `branch` or `owner:branch`.");
    }

    /** A freeze after a destruction must not cover more than was destroyed. */
    @Test
    void onlyPartialDestructionsAreMarkedAsPartial() {
        for (String part : List.of(
                "DELETE /repos/acme/shop/git/refs/heads/old",
                "DELETE /repos/acme/shop/pages",
                "PUT /repos/acme/shop/topics {\"names\":[]}",
                "DELETE /user/keys/7")) {
            assertThat(destroys(part)).as(part).containsExactly(Provenance.SEALED);
        }
        for (String whole : List.of("DELETE /repos/acme/shop", "DELETE /orgs/acme")) {
            assertThat(GITHUB.action(whole, "").impacts()).as(whole).contains(Impact.DESTROY);
            assertThat(destroys(whole)).as(whole).isEmpty();
        }
        assertThat(RestFixture.of("hetzner").action("POST /v1/servers/42/actions/rebuild", "{\"image\":\"debian-13\"}"))
                .satisfies(rebuilt -> assertThat(rebuilt.impacts()).contains(Impact.DESTROY))
                .satisfies(rebuilt ->
                        assertThat(rebuilt.facts()).extracting(Fact::name).doesNotContain(Fact.DESTROYS));
    }

    private static List<Provenance> destroys(String request) {
        String[] words = request.split(" (?=\\{)", 2);
        return GITHUB.action(words[0], words.length > 1 ? words[1] : "").facts().stream()
                .filter(fact -> fact.name().equals(Fact.DESTROYS))
                .map(Fact::provenance)
                .toList();
    }

    @Test
    void theApiVersionIsFixed() {
        assertThat(HttpCall.of(GITHUB.understood(RestFixture.call("GET /repos/acme/shop", ""))
                                .outgoing())
                        .header("x-github-api-version"))
                .contains("2022-11-28");
        assertThat(GITHUB.refused(RestFixture.call(
                                "GET /repos/acme/shop", "", new Header("x-github-api-version", "2099-01-01")))
                        .reason())
                .contains("x-github-api-version");
    }

    @Test
    void furtherPagesAreThoseOfTheListThatWasAskedFor() {
        Catalog github = Catalogs.builtIn().find("github").orElseThrow();
        assertThat(github.isPage("/repos/acme/shop/issues", "/repositories/7/issues"))
                .isTrue();
        assertThat(github.isPage("/orgs/acme/repos", "/organizations/7/repos")).isTrue();
        assertThat(github.isPage("/users/ann/repos", "/user/7/repos")).isTrue();
        assertThat(github.isPage("/repos/acme/shop/issues", "/repositories/7/labels"))
                .isFalse();
        assertThat(github.isPage("/repos/acme/shop/issues", "/organizations/7/issues"))
                .isFalse();
        assertThat(github.isPage("/repos/acme", "/repositories/7")).isFalse();
    }

    /** GitHub answers there too, and nobody says which repository it is: a door past the rules by name. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /repositories/7/contents/.env",
                "GET /repositories/7/zipball/main",
                "PUT /repositories/7/contents/a",
                "DELETE /repositories/7",
                "GET /organizations/7/repos"
            })
    void whatIsNamedByANumberAloneIsRefused(String request) {
        GITHUB.refused(RestFixture.call(request, ""));
    }

    /** A web site's spellings of a change, which another host answers, are nothing of the API. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /acme/shop/pull/7.diff",
                "GET /acme/shop/pull/7.patch",
                "GET /acme/shop/commit/4b825dc642cb6eb9a060e54bf8d69288fbee4904.diff",
                "GET /acme/shop/compare/a...b.diff",
                "GET /acme/shop/raw/main/.env",
                "GET /acme/shop/archive/main.tar.gz"
            })
    void changesAreReadByTheApiAlone(String request) {
        for (String catalog : List.of("github", "git")) {
            RestFixture.of(catalog).refused(RestFixture.call(request, ""));
        }
    }
}
