package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Package registries are read, and nothing else; what clients of theirs ask for is all there. */
final class RegistriesTest {

    @ParameterizedTest
    @CsvSource({
        "npm,GET /left-pad",
        "npm,HEAD /left-pad",
        "npm,GET /@types/node",
        "npm,GET /left-pad/-/left-pad-1.3.0.tgz",
        "npm,GET /@types/node/-/node-22.0.0.tgz",
        "npm,GET /-/v1/search?text=pad&size=20",
        "pypi,GET /simple/",
        "pypi,GET /simple/requests/",
        "pypi,GET /pypi/requests/2.32.0/json",
        "pypi,GET /packages/f9/9b/335f9764261e915ed497fcdeb11df5dfd6f7bf257d4a6a2a686d80da4d54/requests-2.32.3.whl",
        "maven,GET /org/example/thing/1.0/thing-1.0.pom",
        "crates,GET /config.json",
        "crates,GET /se/rd/serde",
        "crates,GET /crates/serde/serde-1.0.0.crate",
        "crates,GET /api/v1/crates?q=serde&per_page=10",
        "git,GET /acme/site.git/info/refs?service=git-upload-pack",
        "git,GET /group/below/site/info/refs?service=git-upload-pack",
    })
    void whatClientsFetchIsARead(String registry, String request) {
        HttpCall call = Rest.call(request, "");
        Reading.Understood read = Rest.of(registry).understood(call);
        assertThat(read.actions()).singleElement().satisfies(action -> {
            assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
            assertThat(action.resources()).isEqualTo(Set.of(new Resource(registry, "account", "self")));
        });
        assertThat(((HttpCall) read.outgoing()).path()).isEqualTo(call.path());
    }

    @ParameterizedTest
    @CsvSource({
        "npm,PUT /left-pad",
        "npm,DELETE /left-pad/-rev/1",
        "npm,PUT /-/user/org.couchdb.user:me",
        "npm,POST /-/npm/v1/tokens",
        "npm,GET /left-pad/",
        "npm,GET /left-pad?rev=1",
        "npm,GET /",
        "pypi,POST /legacy/",
        "pypi,GET /simple/requests",
        "pypi,GET /simple",
        "pypi,GET /simple//",
        "pypi,GET /simple/requests/x/",
        "pypi,GET /packages/",
        "pypi,GET /packages/a/",
        "pypi,GET /manage/account/",
        "maven,PUT /org/example/thing/1.0/thing-1.0.pom",
        "maven,GET /org/example/",
        "crates,PUT /api/v1/crates/new",
        "crates,DELETE /api/v1/crates/serde/1.0.0/yank",
        "git,POST /acme/site.git/git-receive-pack",
        "git,POST /acme/site.git/info/refs",
        "git,GET /acme/site.git/HEAD",
        "git,GET /acme/site.git/objects/info/packs",
        "git,GET /info/refs?service=git-upload-pack",
        "git,PUT /acme/site.git/info/lfs/objects",
    })
    void whatPublishesOrIsSpelledOtherwiseIsNotUnderstood(String registry, String request) {
        Rest.of(registry).refused(Rest.call(request, ""));
    }
}
