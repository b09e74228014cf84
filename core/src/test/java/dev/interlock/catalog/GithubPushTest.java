package dev.interlock.catalog;

import static dev.interlock.action.Impact.DESTROY;
import static dev.interlock.action.Impact.EXECUTE;
import static dev.interlock.action.Impact.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Reversibility;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests pushes through GitHub's API: the files that machines run, and the losses. */
class GithubPushTest {

    private static final RestFixture GITHUB = RestFixture.of("github");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "heads/feature/x  | {'sha':'a'}                | WRITE EXECUTE",
                "heads/feature/x  | {'sha':'a','force':false}  | WRITE EXECUTE",
                "heads/feature/x  | {'sha':'a','force':true}   | WRITE EXECUTE DESTROY",
                "heads/feature/x  | {'sha':'a','force':'false '} | WRITE EXECUTE DESTROY",
                "heads/feature/x  | {'sha':'a','force':1}      | WRITE EXECUTE DESTROY",
                "heads/feature/x  | {'sha':'a','force':[true]} | WRITE EXECUTE DESTROY",
                "heads/main       | {'sha':'a'}                | WRITE EXECUTE",
                "heads/Main       | {'sha':'a'}                | WRITE EXECUTE",
                "tags/v1          | {'sha':'a'}                | WRITE EXECUTE",
            })
    void movingABranchExecutesAndForcingItDestroys(String ref, String body, String impacts) {
        assertThat(GITHUB.impacts("PATCH /repos/acme/shop/git/refs/" + ref, body.replace('\'', '"')))
                .isEqualTo(RestFixture.words(impacts));
    }

    /** The commit may be a stranger's, and its workflows then get the repository's secrets. */
    @ParameterizedTest
    @ValueSource(strings = {"refs/heads/feature/x", "refs/heads/main", "refs/tags/v1"})
    void aBranchAtAnUnseenCommitExecutes(String ref) {
        Action made = GITHUB.action("POST /repos/acme/shop/git/refs", "{\"ref\":\"" + ref + "\",\"sha\":\"a\"}");
        assertThat(made.impacts()).containsExactlyInAnyOrder(WRITE, EXECUTE);
        Action moved = GITHUB.action("PATCH /repos/acme/shop/git/" + ref, "{\"sha\":\"a\"}");
        assertThat(List.of(made, moved))
                .as("what ran is not undone by deleting the branch")
                .extracting(Action::reversibility)
                .containsOnly(Reversibility.IRREVERSIBLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "README.md                   | feature/x | WRITE",
                "README.md                   | main      | WRITE EXECUTE",
                "README.md                   | heads/main | WRITE EXECUTE",
                "README.md                   |           | WRITE EXECUTE",
                ".github/workflows/ci.yml    | feature/x | WRITE EXECUTE",
                ".GitHub/Workflows/ci.yml    | feature/x | WRITE EXECUTE",
                ".github/CODEOWNERS          | feature/x | WRITE PRIVILEGE",
            })
    void committingAWorkflowExecutes(String path, String branch, String impacts) {
        String body = branch == null ? "{\"message\":\"m\"}" : "{\"branch\":\"" + branch + "\"}";
        assertThat(GITHUB.impacts("PUT /repos/acme/shop/contents/" + path, body))
                .isEqualTo(RestFixture.words(impacts));
    }

    @Test
    void aTreeWithAWorkflowExecutesAndAnIncompleteTreeDestroys() {
        assertThat(GITHUB.impacts(
                        "POST /repos/acme/shop/git/trees",
                        "{\"base_tree\":\"a\",\"tree\":[{\"path\":\"a\",\"sha\":\"b\"},"
                                + "{\"path\":\".github/workflows/x.yml\",\"content\":\"\"}]}"))
                .containsExactlyInAnyOrder(WRITE, EXECUTE);
        assertThat(GITHUB.impacts(
                        "POST /repos/acme/shop/git/trees",
                        "{\"base_tree\":\"a\",\"tree\":[{\"path\":\".github\",\"type\":\"tree\",\"sha\":\"b\"}]}"))
                .contains(EXECUTE); // a subtree may hold workflows
        assertThat(GITHUB.impacts("POST /repos/acme/shop/git/trees", "{\"tree\":[{\"path\":\"a\",\"sha\":\"b\"}]}"))
                .contains(DESTROY);
        assertThat(GITHUB.impacts(
                        "POST /repos/acme/shop/git/trees",
                        "{\"base_tree\":\"a\",\"tree\":[{\"path\":\"a\",\"sha\":null}]}"))
                .contains(DESTROY);
    }

    /** A directory's tree may become the root. Its `.github` takes effect once a branch or tag names the commit. */
    @Test
    void aCommitOfAnUnseenTreeExecutesOnceARefNamesIt() {
        assertThat(GITHUB.impacts(
                        "POST /repos/acme/shop/git/commits", "{\"message\":\"m\",\"tree\":\"a\",\"parents\":[\"b\"]}"))
                .containsExactly(WRITE);
        assertThat(GITHUB.impacts("POST /repos/acme/shop/git/refs", "{\"ref\":\"refs/heads/x\",\"sha\":\"a\"}"))
                .containsExactlyInAnyOrder(WRITE, EXECUTE);
        assertThat(GITHUB.impacts("PATCH /repos/acme/shop/git/refs/heads/x", "{\"sha\":\"a\",\"force\":false}"))
                .containsExactlyInAnyOrder(WRITE, EXECUTE);
    }
}
