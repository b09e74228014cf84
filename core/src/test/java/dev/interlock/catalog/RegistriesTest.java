package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that package registries can only be read, and that everything that their clients request is known. */
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
        "pypi,GET /simple/zope-interface/",
        "pypi,GET /pypi/requests/json",
        "pypi,GET /integrity/sampleproject/4.0.0/sampleproject-4.0.0.tar.gz/provenance",
        "pypi,GET /packages/source/r/requests/requests-2.32.3.tar.gz",
        "pypi,HEAD /packages/f9/9b/335f9764261e915ed497fcdeb11df5dfd6f7bf257d4a6a2a686d80da4d54/torch-2.4.0+cpu.whl",
        "pypi,GET /packages/f9/9b/335f9764261e915ed497fcdeb11df5dfd6f7bf257d4a6a2a686d80da4d54/requests-2.32.3-py3-none-any.whl.metadata",
        "pypi,GET /pypi/requests/2.32.0/json",
        "pypi,GET /packages/f9/9b/335f9764261e915ed497fcdeb11df5dfd6f7bf257d4a6a2a686d80da4d54/requests-2.32.3.whl",
        "maven,GET /org/example/thing/1.0/thing-1.0.pom",
        "crates,GET /config.json",
        "crates,GET /1/a",
        "crates,GET /2/ab",
        "crates,GET /3/s/syn",
        "crates,GET /se/rd/serde",
        "crates,GET /se/rd/serde_json",
        "crates,GET /crates/serde/1.0.219/download",
        "crates,GET /crates/openssl-src/300.5.0+3.5.0/download",
        "crates,GET /api/v1/crates/serde/1.0.219/download",
        "crates,GET /crates/serde/serde-1.0.0.crate",
        "crates,GET /api/v1/crates?q=serde&per_page=10",
        "go,GET /cached-only/golang.org/x/tools/@v/list",
        "go,GET /cached-only/golang.org/x/text/@latest",
        "go,GET /cached-only/github.com/!burnt!sushi/toml/@v/v1.4.0.mod",
        "go,GET /cached-only/github.com/docker/docker/@v/v27.0.3+incompatible.zip",
        "go,HEAD /cached-only/google.golang.org/api/@v/v0.162.0.zip",
        "go,GET /sumdb/sum.golang.org/latest",
        "go,GET /sumdb/sum.golang.org/tile/8/0/x003/x456/789",
        "go,GET /sumdb/sum.golang.org/supported",
        "go,GET /tile/8/0/x003/x456/789",
        "go,GET /tile/8/1/x003/456.p/12",
        "go,GET /latest",
        "go,GET /8e29db8988b1fa75-google.golang.org:api-v0.162.0.zip?Expires=1722887934&GoogleAccessId=gcs-urlsigner-prod%40golang-modproxy.iam.gserviceaccount.com&Signature=Urt9X005%2FxdZ%3D%3D",
        "git,GET /acme/site.git/info/refs?service=git-upload-pack",
        "git,GET /group/below/site/info/refs?service=git-upload-pack",
    })
    void clientDownloadsAreReads(String registry, String request) {
        HttpCall call = RestFixture.call(request, "");
        CallReading.CallMeaning read = RestFixture.of(registry).understood(call);
        assertThat(read.actions()).singleElement().satisfies(action -> {
            assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ));
            assertThat(action.resources())
                    .isEqualTo(Set.of(
                            registry.equals("git")
                                    ? new Resource("git", "repo", repository(request))
                                    : new Resource(registry, "account", "self")));
        });
        assertThat(((HttpCall) read.outgoing()).path()).isEqualTo(call.path());
    }

    private static String repository(String request) {
        return request.replaceAll("^GET /|(\\.git)?/info/refs.*", "");
    }

    /** The mirror fetches missing packages from the named host, and publishes them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /golang.org/x/text/@v/list",
                "GET /golang.org/x/text/@latest",
                "GET /golang.org/x/text/@v/v0.16.0.info",
                "GET /github.com/!burnt!sushi/toml/@v/v1.4.0.mod",
                "GET /github.com/docker/docker/@v/v27.0.3+incompatible.zip",
                "HEAD /google.golang.org/api/@v/v0.162.0.zip",
                "GET /gopkg.in/yaml.v3/@v/v3.0.0-20210107192922-496545a6307b.mod",
                "GET /golang.org/toolchain/@v/v0.0.1-go1.23.4.linux-amd64.zip",
                "GET /lookup/golang.org/x/text@v0.16.0",
                "GET /sumdb/sum.golang.org/lookup/golang.org/x/text@v0.16.0",
                "GET /x.attacker.example/carried-out/@v/list",
                "GET /lookup/x.attacker.example/carried-out@v1.0.0",
            })
    void fetchesThroughGosMirrorAreMoreThanReads(String request) {
        Action action = RestFixture.of("go").action(request, "");
        assertThat(action.impacts()).isEqualTo(Set.of(Impact.READ, Impact.EXECUTE));
        assertThat(action.reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
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
        "pypi,POST /pypi",
        "pypi,PUT /simple/requests/",
        "pypi,PUT /packages/f9/9b/33/requests-2.32.3.whl",
        "pypi,POST /_/oidc/mint-token",
        "pypi,GET /simple/requests/?x=1",
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
        "crates,PUT /api/v1/crates/serde/1.0.0/unyank",
        "crates,PUT /api/v1/crates/serde/owners",
        "crates,POST /api/v1/trusted_publishing/tokens",
        "crates,GET /api/v1/crates?q=serde&include=all",
        "go,PUT /golang.org/x/text/@v/v0.16.0.zip",
        "go,POST /golang.org/x/text/@v/list",
        "go,DELETE /golang.org/x/text/@v/v0.16.0.zip",
        "go,GET /golang.org/x/text/@v/v0.16.0.zip?Signature=x",
        "go,GET /golang.org/x/text?go-get=1",
        "go,GET /o/name?uploads",
        "git,POST /acme/site.git/info/refs",
        "git,GET /acme/site.git/HEAD",
        "git,GET /acme/site.git/objects/info/packs",
        "git,GET /info/refs?service=git-upload-pack",
        "git,PUT /acme/site.git/info/lfs/objects",
    })
    void publishingAndOddSpellingsAreNotUnderstood(String registry, String request) {
        RestFixture.of(registry).refused(RestFixture.call(request, ""));
    }
}
