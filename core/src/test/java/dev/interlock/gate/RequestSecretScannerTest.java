package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.testing.StoredBody;
import dev.interlock.testing.WaitLoop;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the secrets in calls outside of their credentials: the vault's credentials, and decoys. */
class RequestSecretScannerTest {

    private static final String KEPT = "rw_kept-in-the-vault/0+1==";
    private static final String DECOY = "rw_decoy-of-a-workspace-42";
    private static final String CAPITALS = "AbCdeFgHiJkLmNopQrStUvWx-0123";
    private static final Refusal CARRYING =
            Refusals.carrying(new FoundSecrets(Set.of("railway-asked-read"), Set.of(), Set.of()));
    private static final String READ = "{ environment(id: \\\"env-1\\\") { name } }";

    @TempDir
    private Path directory;

    private GateFixture house;

    private void open(String sealed) throws IOException {
        house = new GateFixture(directory, sealed);
        house.vault.put("railway-asked-read", Store.ORDINARY, new Secret(KEPT));
        house.decoys.add(
                "place-1", "jer/cursor (L-1)", List.of(new MaskedCredential("railway-token", new Secret(DECOY))));
    }

    @AfterEach
    void close() throws IOException {
        if (house != null) {
            house.close();
        }
    }

    private static HttpCall body(String query, String more) {
        return call(List.of(), "{\"query\":\"" + query + "\"" + more + "}");
    }

    private static HttpCall call(List<Header> headers, String body) {
        List<Header> all = new ArrayList<>(List.of(new Header("content-type", "application/json")));
        all.addAll(headers);
        return new HttpCall("POST", "backboard.railway.com", "/graphql/v2", List.of(), all, Bytes.utf8(body));
    }

    private static HttpCall get(String path, List<HttpCall.Parameter> query) {
        return new HttpCall("GET", "backboard.railway.com", path, query, List.of(), Bytes.empty());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Refusal refused(HttpCall call) {
        Outcome<String> outcome = house.send(call);
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<String>) outcome).refusal();
    }

    @Test
    void credentialOfTheVaultGoesNowhereInACall() throws IOException {
        open("");
        List<HttpCall> calls = List.of(
                body(READ, ",\"variables\":{\"note\":\"" + KEPT + "\"}"),
                body(READ, ",\"variables\":{\"note\":\"" + KEPT.replace("/", "\\/") + "\"}"),
                body(READ, ",\"variables\":{\"note\":\"" + base64("user:" + KEPT) + "\"}"),
                body("{ environment(id: \\\"" + KEPT + "\\\") { name } }", ""),
                call(List.of(new Header("x-note", KEPT)), "{\"query\":\"" + READ + "\"}"),
                new HttpCall(
                        "GET",
                        "backboard.railway.com",
                        "/graphql/v2",
                        List.of(new HttpCall.Parameter("query", "# " + KEPT)),
                        List.of(),
                        Bytes.empty()),
                get("/graphql/v2", List.of(new HttpCall.Parameter(KEPT, "1"))),
                get("/graphql/v2/" + KEPT, List.of()),
                new HttpCall(
                        "GET",
                        "backboard.railway.com",
                        "/graphql/v2",
                        List.of(new HttpCall.Parameter(KEPT.replace("==", ""), "=")),
                        List.of(),
                        Bytes.empty()),
                new HttpCall(
                        "GET",
                        "backboard.railway.com",
                        "/graphql/v2",
                        List.of(),
                        List.of(),
                        Bytes.empty(),
                        Optional.empty(),
                        List.of(new Header("cookie", "a=" + KEPT))));
        for (HttpCall call : calls) {
            assertThat(refused(call).kind()).as(call.toString()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        }
        house.sendBecause("I found " + KEPT, get("/graphql/v2", List.of()));
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.alarms()).hasSize(calls.size() + 1).containsOnly(Alert.AlertKind.FOREIGN_CREDENTIAL);
        Json.Members receipt = house.receipts().getFirst().members();
        assertThat(receipt.text("carrier")).isEqualTo("body");
        assertThat(receipt.text("would_open")).isEqualTo("railway-asked-read");
        assertThat(house.receipts().toString()).doesNotContain(KEPT);
    }

    /** Identifiers of messages and sessions are no part of the call, and still go upstream. */
    @Test
    void credentialGoesNowhereBesideACallEither() throws IOException {
        open("");
        Attempt attempt = new Attempt(
                "railway",
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                body(READ, ""),
                house.clock.instant(),
                false,
                false,
                Duration.ZERO,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of("7", KEPT),
                Optional::empty);
        assertThat(house.gate.handle(attempt, house.upstream))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL));
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void originalOfWhatWasAdoptedIsACredentialAndItsDecoyIsNone() throws IOException {
        open("");
        house.vault.adopt(
                "5f0a3c",
                new Vault.AdoptedCredential(
                        new Secret("rw_taken-out-of-a-file"), new Secret("rw_left-in-its-place"), "{}"));
        assertThat(refused(body(READ, ",\"variables\":{\"a\":\"rw_taken-out-of-a-file\"}"))
                        .kind())
                .isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(house.send(body(READ + " # rw_left-in-its-place", ""))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.AlertKind.DECOY_SEEN);
    }

    @Test
    void decoyInABodyIsToldOnceAndStopsNoHonestWork() throws IOException {
        open("");
        for (int i = 0; i < 3; i++) {
            assertThat(house.send(body(READ + " # " + DECOY, ""))).isInstanceOf(Outcome.Forwarded.class);
        }
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DECOY_SEEN);
        assertThat(told()).singleElement().satisfies(receipt -> {
            assertThat(receipt.members().text("command")).isEqualTo("decoy_seen");
            assertThat(receipt.members().text("reason")).contains("decoy-masked-1 of jer/cursor (L-1)");
            assertThat(receipt.members().text("lease")).isEqualTo(house.lease.id());
        });
        house.decoys.forget("place-1");
        assertThat(house.send(body(READ + " # " + DECOY, ""))).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void decoyIsToldAgainOfAnotherLease() throws IOException {
        open("");
        house.send(body(READ + " # " + DECOY, ""));
        Secret other = house.signedFor(Set.of("staging"), Set.of(Impact.READ));
        house.send("railway", body(READ + " # " + DECOY, ""), other);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DECOY_SEEN, Alert.AlertKind.DECOY_SEEN);
    }

    @Test
    void decoyIsToldAlsoOfWhatIsRefusedForSomethingElse() throws IOException {
        open("");
        assertThat(refused(body("mutation { nobodyKnowsThis }", ",\"variables\":{\"a\":\"" + DECOY + "\"}"))
                        .kind())
                .isEqualTo(Refusal.Kind.NOT_UNDERSTOOD);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DECOY_SEEN);
    }

    /** Otherwise an agent could choose a moment at which a decoy raises no alert. */
    @Test
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void decoyIsToldAlsoOfWhatIsOneTooManyToBeRead() throws Exception {
        open("");
        String large = READ + " #" + "x".repeat(1 << 17);
        List<String> others = new ArrayList<>();
        for (int i = 0; house.senses.large.turns.acquire("other " + i, Duration.ofMillis(1)); i++) {
            others.add("other " + i);
        }
        List<Thread> waiting = new ArrayList<>();
        for (int i = 0; i < AttemptResolver.LargeCalls.MAX_WAITING; i++) {
            waiting.add(Thread.startVirtualThread(() -> house.send(body(large, ""))));
        }
        while (!waiting.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
            WaitLoop.pause();
        }
        assertThat(refused(body(large + DECOY, ""))).isEqualTo(Refusals.BUSY);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DECOY_SEEN);
        others.forEach(house.senses.large.turns::release);
        for (Thread each : waiting) {
            each.join();
        }
    }

    @Test
    void decoyThatCouldNotBeToldIsToldWithTheNextCall() throws IOException {
        open("");
        house.onIntent = () -> {
            throw new IllegalStateException("the disk is full");
        };
        assertThat(refused(body(READ + " # " + DECOY, "")).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        house.onIntent = () -> {};
        assertThat(house.send(body(READ + " # " + DECOY, ""))).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.DECOY_SEEN, Alert.AlertKind.DECOY_SEEN);
        assertThat(house.alerts.getFirst().receipt()).isEmpty();
        assertThat(house.alerts.getLast().receipt()).isPresent();
    }

    @Test
    void whatCannotBeSearchedDoesNotGo() throws IOException {
        open("");
        Files.writeString(directory.resolve("vault/ordinary/railway-read.slot"), "{}");
        Refusal refusal = refused(body(READ, ""));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(refusal.reason()).contains("whether this request carries a credential");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.receipts().getFirst().agent()).contains("jer/cursor");
    }

    private Refusal derived(String asked) {
        LeaseDeriver.Result derived = house.derivations.derive(
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                Bytes.utf8(asked),
                house.clock.instant());
        return ((LeaseDeriver.Result.RefusedDerivation) derived).refusal();
    }

    private Refusal asked(ElevationRequests.Subject wish) {
        return ((ElevationRequests.Result.RefusedElevation) house.elevate(wish, Duration.ZERO, house.token)).refusal();
    }

    private void unread(String reason) {
        unread("", reason);
    }

    private void unread(String asked, String reason) {
        String receipt = house.gate.unread(
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                asked,
                Refusal.denied(reason, "Ask a person.", List.of()),
                house.clock.instant());
        assertThat(receipt).isNotEmpty();
    }

    private void assertToldAndNotShown(String secret) throws IOException {
        String all = Stream.concat(house.receipts().stream(), house.administered().stream())
                        .map(receipt -> receipt.json().canonicalText())
                        .collect(Collectors.joining())
                + house.alerts;
        assertThat(all).doesNotContain(secret).contains("would_open");
        assertThat(house.alarms()).isNotEmpty().containsOnly(Alert.AlertKind.FOREIGN_CREDENTIAL);
    }

    @Test
    void credentialInWhatIsAskedOfTheGatewayItselfIsRefusedAndShownNowhere() throws IOException {
        open("");
        String widening = "{\"environments\":[\"staging\"],\"impacts\":[\"read\"],";
        List<Refusal> refusals = List.of(
                derived("{\"resources\":[\"github:repo/" + KEPT + "\"]}"),
                asked(new ElevationRequests.Subject.NewElevation(
                        Bytes.utf8(widening + "\"reason\":\"for " + KEPT + "\"}"))),
                asked(new ElevationRequests.Subject.NewElevation(
                        Bytes.utf8(widening + "\"reason\":\"r\",\"resources\":[\"github:repo/" + KEPT + "\"]}"))),
                asked(new ElevationRequests.Subject.ElevationQuery(KEPT)));
        assertThat(refusals).containsOnly(CARRYING);
        assertToldAndNotShown(KEPT);
        assertThat(house.alerts).hasSize(refusals.size());
    }

    @Test
    void decoyInWhatIsAskedOfTheGatewayItselfEndsTheLeaseWhereTheSealSaysSo() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        assertThat(derived("{\"resources\":[\"github:repo/" + DECOY + "\"]}")).isEqualTo(CARRYING);
        assertEnded();
    }

    /** The front that refuses a request quotes the name of its upstream or host. */
    @Test
    void credentialInTheTargetOfWhatAFrontRefusesIsShownNowhere() throws IOException {
        open("");
        unread("The seal names no upstream `" + KEPT + "`.");
        assertToldAndNotShown(KEPT);
        assertThat(house.receipts().getFirst().members().text("reason")).contains("reason of this refusal is withheld");
        assertThat(house.receipts().getFirst().members().text("refusal")).isEqualTo("denied");
        unread("The seal names no upstream `heroku`.");
        assertThat(house.receipts().getLast().members().text("reason")).contains("heroku");
        assertThat(house.alerts).hasSize(1);
    }

    /** Fronts convert host names to lower case. */
    @Test
    void decoyWithCapitalsInAHostIsFoundAsItCame() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        house.decoys.add(
                "place-2", "jer/cursor (L-1)", List.of(new MaskedCredential("railway-token", new Secret(CAPITALS))));
        unread(CAPITALS + ".example.com:443", "The seal names no upstream at `" + lower(CAPITALS) + ".example.com`.");
        String all = house.receipts() + "" + house.administered() + house.alerts;
        assertThat(lower(all)).doesNotContain(lower(CAPITALS)).contains("would_open");
        assertEnded();
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    @Test
    void ofACredentialInTheTargetAndAnotherOneInAHeaderBothAreTold() throws IOException {
        open("");
        String receipt = house.gate.unread(
                List.of(new Attempt.PresentedCredential(
                        "header authorization", new Secret("secret-of-railway-destroy"))),
                Optional.empty(),
                "",
                Refusal.denied("The seal names no upstream `" + KEPT + "`.", "Ask a person.", List.of()),
                house.clock.instant());
        assertThat(receipt).isNotEmpty();
        assertToldAndNotShown(KEPT);
        assertThat(house.alerts.getFirst().summary()).contains("`railway-asked-read`", "`railway-destroy`");
    }

    @Test
    void decoyInTheTargetOfWhatAFrontRefusesEndsTheLeaseWhereTheSealSaysSo() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        unread("The seal names no upstream at `" + DECOY + ".example`.");
        assertEnded();
    }

    @Test
    void sealMayRefuseADecoyInABody() throws IOException {
        open("decoys: {in-bodies: refuse}\n");
        assertThat(refused(body(READ + " # " + DECOY, "")).kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
        assertThat(house.leases.notEnded(house.lease.id())).isPresent();
    }

    @Test
    void decoyElsewhereEndsNoLeaseWhereTheSealDoesNotSaySo() throws IOException {
        open("decoys: {in-bodies: refuse}\n");
        assertThat(derived("{\"resources\":[\"github:repo/" + DECOY + "\"]}")).isEqualTo(CARRYING);
        unread("The seal names no upstream at `" + DECOY + ".example`.");
        assertThat(house.leases.notEnded(house.lease.id())).isPresent();
    }

    @Test
    void sealMayEndTheLeaseForADecoyInABody() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        refused(body(READ + " # " + DECOY, ""));
        assertEnded();
    }

    @Test
    void whatIsUnderWayIsCutOffWithALeaseThatADecoyEnds() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        assertThat(house.send(body(READ, ""))).isInstanceOf(Outcome.Forwarded.class); // and is still being answered
        assertThat(house.upstream.cut).isFalse();
        refused(body(READ + " # " + DECOY, ""));
        assertThat(house.upstream.cut).isTrue();
    }

    @Test
    void credentialBesideADecoySavesNoLease() throws IOException {
        open("decoys: {in-bodies: kill}\n");
        refused(body(READ + " # " + DECOY + " " + KEPT, ""));
        assertEnded();
    }

    @Test
    void leaseEndsForADecoyAlsoWhenNothingCanBeRecorded() throws IOException {
        open("decoys: {in-bodies: kill, presented: kill}\n");
        house.ledger.close();
        assertThat(refused(body(READ + " # " + DECOY, "")).kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(house.leases.notEnded(house.lease.id())).isEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.AlertKind.KILL);
    }

    @Test
    void leaseEndsForADecoyThatAFrontRefusesAlsoWhenNothingCanBeRecorded() throws IOException {
        open("decoys: {presented: kill}\n");
        house.ledger.close();
        List<Attempt.PresentedCredential> presented = List.of(
                new Attempt.PresentedCredential("header authorization", house.token),
                new Attempt.PresentedCredential("header x-other", new Secret(DECOY)));
        assertThat(house.gate.unread(presented, Optional.empty(), "", Refusals.OURS, house.clock.instant()))
                .isEmpty();
        assertThat(house.leases.notEnded(house.lease.id())).isEmpty();
    }

    @Test
    void sealMayEndTheLeaseForADecoyThatIsPresented() throws IOException {
        open("decoys: {presented: kill}\n");
        house.send("railway", body(READ, ""), house.token, new Secret(DECOY));
        assertEnded();
        assertThat(house.receipts().getFirst().members().text("would_open"))
                .isEqualTo("decoy-masked-1 of jer/cursor (L-1) for railway-token");
    }

    /** Some clients send their cookies first. */
    @Test
    void decoyBehindAnotherCredentialEndsTheLeaseAllTheSame() throws IOException {
        open("decoys: {presented: kill}\n");
        house.send(
                "railway", body(READ, ""), house.token, new Secret("a-session"), new Secret(KEPT), new Secret(DECOY));
        assertEnded();
        assertThat(house.receipts().getFirst().members().text("would_open"))
                .isEqualTo("decoy-masked-1 of jer/cursor (L-1) for railway-token");
    }

    @Test
    void sealMayEndTheLeaseAlsoForWhatAFrontCannotRead() throws IOException {
        open("decoys: {presented: kill}\n");
        house.gate.unread(
                presented(new Secret(DECOY)),
                Optional.empty(),
                "",
                Refusal.notUnderstood("The body is compressed.", "Send it as it is."),
                house.clock.instant());
        assertEnded();
    }

    @Test
    void whatTheGatewayTriesItselfEndsNoLease() throws IOException {
        open("decoys: {presented: kill}\n");
        Attempt probe = new Attempt(
                "railway",
                presented(new Secret(DECOY)),
                Optional.empty(),
                body(READ, ""),
                house.clock.instant(),
                false,
                true,
                Duration.ZERO,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional::empty);
        assertThat(house.gate.handle(probe, house.upstream)).isInstanceOf(Outcome.Refused.class);
        assertThat(house.leases.notEnded(house.lease.id())).isPresent();
    }

    private List<Attempt.PresentedCredential> presented(Secret beside) {
        return List.of(
                new Attempt.PresentedCredential("header authorization", house.token),
                new Attempt.PresentedCredential("header x-other", beside));
    }

    private List<Receipt> told() throws IOException {
        return house.administered().stream()
                .filter(receipt -> receipt.members().text("command").startsWith("decoy"))
                .toList();
    }

    private void assertEnded() throws IOException {
        assertThat(house.leases.notEnded(house.lease.id())).isEmpty();
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.FOREIGN_CREDENTIAL, Alert.AlertKind.KILL);
        assertThat(told()).singleElement().satisfies(receipt -> {
            assertThat(receipt.members().text("command")).isEqualTo("decoy.kill");
            assertThat(receipt.members().texts("leases")).containsExactly(house.lease.id());
        });
        assertThat(refused(body(READ, "")).kind()).isEqualTo(Refusal.Kind.DENIED);
    }

    private static final String FORM = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    private Refusal carried(HttpCall call, boolean isMessage) {
        Attempt attempt = new Attempt("railway", List.of(), Optional.empty(), call, house.clock.instant());
        return house.senses.secrets.search(house.seal, house.lease, attempt, isMessage)
                        instanceof CarriedSecrets.SearchResult.RefusedSearch(var rejected)
                ? rejected.refusal()
                : Refusal.unavailable("passed", "");
    }

    @Test
    void whatHasTheFormOfACredentialGoesToNoServerOfMcp() throws IOException {
        open("");
        assertThat(carried(body(FORM, ""), true).reason())
                .contains("what has the form of a credential (`github-token`)")
                .doesNotContain(FORM);
        assertThat(carried(body(FORM, ""), false).reason()).isEqualTo("passed");
        assertThat(carried(body("an ordinary argument", ""), true).reason()).isEqualTo("passed");
    }

    /** By each door but a push, of which {@link PushReader} searches the files. */
    @Test
    void whatHasTheFormOfACredentialGoesToNoHostOfCode() throws IOException {
        open("");
        String held = "export const key = '" + FORM + "'\n";
        String lines = base64("#".repeat(50) + "\n" + held).replaceAll("(.{60})", "$1\\\\n");
        String commit = "mutation { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: \\\"acme/shop\\\", "
                + "branchName: \\\"feature\\\"}, message: {headline: \\\"m\\\"}, expectedHeadOid: \\\"0a\\\", "
                + "fileChanges: {additions: [{path: \\\"a\\\", contents: \\\"" + base64(held)
                + "\\\"}]}}) { clientMutationId } }";
        String tool = "\"name\":\"create_or_update_file\",\"arguments\":{\"owner\":\"acme\",\"repo\":\"shop\","
                + "\"branch\":\"feature\",\"message\":\"m\",\"path\":\"a\",\"content\":\"" + FORM + "\"}";
        for (HttpCall call : List.of(
                github("PUT", "/repos/acme/shop/contents/a", "{\"message\":\"m\",\"content\":\"" + lines + "\"}"),
                github("POST", "/repos/acme/shop/git/blobs", "{\"content\":\"" + FORM + "\"}"),
                github("POST", "/repos/acme/shop/issues/1/comments", "{\"body\":\"" + FORM + "\"}"),
                github("POST", "/graphql", "{\"query\":\"" + commit + "\"}"),
                github(
                        "POST",
                        "/mcp/",
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" + tool + "}}"))) {
            Outcome<String> outcome = house.send("github-asked", call, house.token);
            assertThat(outcome).as(call.path()).isInstanceOf(Outcome.Refused.class);
            Refusal refusal = ((Outcome.Refused<String>) outcome).refusal();
            assertThat(refusal.kind()).as(call.path()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
            assertThat(refusal.reason()).contains("(`github-token`)").doesNotContain(FORM);
            assertThat(refusal.next()).startsWith("Remove it, and tell the owner of this task");
        }
        assertThat(house.upstream.arrived).isEmpty();
    }

    private static HttpCall github(String method, String path, String body) {
        return new HttpCall(
                method,
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    @Test
    void theLeaseGoesToNoServerOfMcp() throws IOException {
        open("");
        String lease = house.token.use(text -> text);
        assertThat(carried(body(lease, ""), true).reason())
                .contains("a lease of Interlock")
                .doesNotContain(lease);
        assertThat(carried(body(lease.substring(0, 40) + "AAAAAAA", ""), true).reason())
                .isEqualTo("passed");
    }

    @Test
    void aPushIsSearchedForFormsLeasesAndOtherCharsets() throws IOException {
        open("");
        Attempt attempt = new Attempt("railway", List.of(), Optional.empty(), body(READ, ""), house.clock.instant());
        for (String secret : List.of(KEPT, DECOY, FORM, house.token.use(text -> text))) {
            for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16)) {
                assertThat(house.senses.secrets.collector(attempt).isIn(("refs/heads/" + secret).getBytes(charset)))
                        .as("%s", charset)
                        .isTrue();
            }
        }
        assertThat(house.senses
                        .secrets
                        .collector(attempt)
                        .isIn(Bytes.utf8("refs/heads/topic").toArray()))
                .isFalse();
    }

    @Test
    void otherCredentialThatIsPresentedEndsNoLease() throws IOException {
        open("decoys: {presented: kill}\n");
        house.send("railway", body(READ, ""), house.token, new Secret("rw_found-in-a-file"));
        assertThat(house.leases.notEnded(house.lease.id())).isPresent();
    }

    @Test
    void peopleAreToldOnceForEachLeaseUntilItIsTooMuchToRemember() throws IOException {
        open("");
        RequestSecretScanner luggage = new RequestSecretScanner(house.vault, house.decoys, _ -> false);
        Leases.LeaseResult.IssuedLease other = (Leases.LeaseResult.IssuedLease) house.leases.issue(
                house.seal, LeaseRequest.under(house.seal.tasks().get("fix-staging"), "jer/cursor"));
        Set<String> many = IntStream.range(0, RequestSecretScanner.MOST_TOLD)
                .mapToObj(number -> "slot-" + number)
                .collect(Collectors.toSet());
        assertThat(luggage.markAlerted(house.lease, many)).isEqualTo(many);
        assertThat(luggage.markAlerted(house.lease, Set.of("slot-7"))).isEmpty();
        assertThat(luggage.markAlerted(other.lease(), Set.of("slot-7"))).containsExactly("slot-7");
        assertThat(luggage.markAlerted(other.lease(), Set.of("slot-7")))
                .containsExactly("slot-7"); // it has forgotten everything
        assertThat(luggage.markAlerted(house.lease, Set.of("slot-7"))).containsExactly("slot-7");
    }

    @Test
    void whatPeopleWereNotToldAfterAllIsToldOfOneLease() throws IOException {
        open("");
        RequestSecretScanner luggage = new RequestSecretScanner(house.vault, house.decoys, _ -> false);
        Leases.LeaseResult.IssuedLease other = (Leases.LeaseResult.IssuedLease) house.leases.issue(
                house.seal, LeaseRequest.under(house.seal.tasks().get("fix-staging"), "jer/cursor"));
        for (Lease lease : List.of(house.lease, other.lease())) {
            assertThat(luggage.markAlerted(lease, Set.of("slot"))).containsExactly("slot");
        }
        luggage.forgetAlerts(house.lease);
        assertThat(luggage.markAlerted(other.lease(), Set.of("slot"))).isEmpty();
        assertThat(luggage.markAlerted(house.lease, Set.of("slot"))).containsExactly("slot");
    }

    /** A long body is searched in pieces, of which each begins with the end of the one before. */
    @Test
    void credentialIsFoundAnywhereInALongBody() throws IOException {
        open("");
        int piece = 256 * 1024;
        List<String> carried = List.of(KEPT, base64("user:" + KEPT), KEPT.replace("/", "\\/"));
        for (int at : List.of(5, piece - 7, piece, 2 * piece - 8_190, 3 * piece + 11)) {
            for (String secret : carried) {
                String text = "x y ".repeat(piece).substring(0, at) + " " + secret + " " + "x y ".repeat(piece);
                assertThat(refused(body(READ, "").with(StoredBody.of(text))).kind())
                        .as("%s at %s", secret.length(), at)
                        .isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL);
            }
        }
        // Within one value of base64, which begins anywhere and is longer than several pieces.
        for (int before = 0; before < 4; before++) {
            String file = "some text. ".repeat(60_000) + KEPT + " some text".repeat(60_000);
            String text = "-".repeat(before) + base64(file);
            assertThat(house.send(body(READ, "").with(StoredBody.of("\"" + text.replace('-', ' ') + "\""))))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused -> assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.FOREIGN_CREDENTIAL));
        }
        assertThat(house.upstream.arrived).isEmpty();
    }

    @Test
    void nobodyWithoutALeaseHasABodyReceived() throws IOException {
        open("");
        StoredBody body = StoredBody.arriving("{}");
        house.send("railway", body(READ, "").with(body));
        assertThat(body.isKnown()).isFalse();
    }
}
