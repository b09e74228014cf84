package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.interlock.action.Attempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class GatewayPathsTest {

    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String LEASE = "Authorization: Bearer own\r\n";

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws IOException {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws IOException {
        setting.close();
        upstream.close();
    }

    private RawClient.Reply send(String method, String target, String more) throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request(method, target, more + "Content-Length: 2\r\n") + "{}");
            return client.reply();
        }
    }

    @Test
    void theDerivedLeaseIsReturnedOnceToItsCaller() throws Exception {
        RawClient.Reply reply = send("POST", "/.interlock/leases", LEASE + JSON);
        assertThat(reply.status()).isEqualTo(201);
        assertThat(reply.header("cache-control")).contains("no-store");
        assertThat(reply.header("interlock-receipt")).contains("R-derived");
        assertThat(reply.body())
                .contains("\"token\":\"child-of-own\"", "\"lease\":\"L-child\"", "\"root\":\"L-root\"")
                .contains("\"impacts\":[\"read\"]", "\"expires\":\"2026-11-20T09:00:00Z\"");
        assertThat(setting.handler.derivations).hasSize(1);
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void aRefusalIsAProblem() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        RawClient.Reply reply = send("POST", "/.interlock/leases", LEASE + JSON);
        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.header("content-type")).contains("application/problem+json");
        assertThat(reply.body()).contains("\"kind\":\"denied\"");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/.interlock/leases,application/json",
        "PUT,/.interlock/leases,application/json",
        "POST,/.interlock/leases/,application/json",
        "POST,/.interlock/leases?ttl=1m,application/json",
        "POST,/.interlock/kill,application/json",
        "POST,/.interlock/../up/x,application/json",
        "POST,/.interlock/leases,text/plain",
        "POST,/.interlock/leases,application/x-www-form-urlencoded",
        "POST,/%2einterlock/leases,application/json",
        "POST,/.interlock,application/json",
    })
    void otherPathsAreNotFound(String method, String target, String type) throws Exception {
        RawClient.Reply reply = send(method, target, LEASE + "Content-Type: " + type + "\r\n");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(setting.handler.derivations).isEmpty();
        assertThat(setting.handler.attempts).isEmpty();
        assertThat(setting.unread).hasSize(1);
        assertThat(setting.unread.getFirst().presented()).hasSize(1);
    }

    /** A request for a dry run, in any spelling, must not yield a lease. */
    @ParameterizedTest
    @ValueSource(strings = {"handling=dry-run", "respond-async, Handling=\"dry-run\"", "handling=dryrun"})
    void aDerivationHasNoDryRun(String preference) throws Exception {
        RawClient.Reply reply = send("POST", "/.interlock/leases", LEASE + JSON + "Prefer: " + preference + "\r\n");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(setting.handler.derivations).isEmpty();
        assertThat(setting.unread).hasSize(1);
        assertThat(send("POST", "/.interlock/leases", LEASE + JSON + "Prefer: handling=strict\r\n")
                        .status())
                .isEqualTo(201);
    }

    @Test
    void theHolderIsToldAsTextOrAsJson() throws Exception {
        RawClient.Reply text = get("");
        assertThat(text.status()).isEqualTo(200);
        assertThat(text.header("content-type")).contains("text/plain; charset=utf-8");
        assertThat(text.body()).contains("lease L-");
        assertThat(get("Accept: application/json\r\n").body()).contains("\"abilities\":[]");
        assertThat(setting.handler.attempts).isEmpty();

        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        assertThat(get("").status()).isEqualTo(403);
    }

    private RawClient.Reply get(String header) throws Exception {
        try (RawClient client = setting.client()) {
            return client.send(setting.request("GET", "/.interlock/whoami", LEASE + header))
                    .reply();
        }
    }

    private RawClient.Reply plan(String body) throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                            "POST", "/.interlock/plans", LEASE + JSON + "Content-Length: " + body.length() + "\r\n")
                    + body);
            return client.reply();
        }
    }

    /** Each step has the call that the request itself will have. */
    @Test
    void theStepsOfAPlanAreReadAsTheRequestsThatTheyWillBe() throws Exception {
        RawClient.Reply reply = plan("""
                {"steps": [{"method": "POST", "url": "/up/a?b=c", "headers": {"X-One": "1"}, "body": {"d": 1}},
                 {"method": "DELETE", "url": "/up/e"}]}""");
        assertThat(reply.status()).isEqualTo(202);
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                            "POST",
                            "/up/a?b=c",
                            LEASE + JSON
                                    + "Accept: text/plain, */*\r\nX-One: 1\r\nUser-Agent: me\r\nContent-Length: 7\r\n")
                    + "{\"d\":1}");
            client.reply();
        }
        assertThat(setting.handler.planned).hasSize(2);
        Attempt planned = ((PlanRequests.PlannedCall.ReadCall) setting.handler.planned.getFirst()).attempt();
        assertThat(planned.isDryRun()).isTrue();
        assertThat(planned.presented()).hasSize(1);
        assertThat(planned.call().canonical(SaltedDigests.OPEN))
                .isEqualTo(setting.handler.attempts.getFirst().call().canonical(SaltedDigests.OPEN));
    }

    @Test
    void whatIsNoStepIsSaid() throws Exception {
        assertThat(plan("{\"steps\": []}").body()).contains("it has 0 steps");
        assertThat(plan("{\"steps\": [{\"url\": \"/up/a\"}, {}]}").body()).contains("step 1 is not");
        assertThat(plan("{\"calls\": []}").body()).contains("`steps` alone");
        plan("""
                {"steps": [{"method": "POST", "url": "/up/acme/shop.git/git-receive-pack"},
                 {"method": "POST", "url": "/.interlock/leases"},
                 {"method": "GET", "url": "/up/a", "headers": {"authorization": "Bearer other"}},
                 {"method": "GET", "url": "/nowhere/a"}]}""");
        assertThat(setting.handler.planned)
                .allMatch(step -> step instanceof PlanRequests.PlannedCall.UnreadCall)
                .extracting(step ->
                        ((PlanRequests.PlannedCall.UnreadCall) step).refusal().reason())
                .satisfiesExactly(
                        reason -> assertThat(reason).startsWith("A push by Git cannot be judged ahead"),
                        reason -> assertThat(reason).startsWith("A step of a plan goes to an upstream"),
                        reason -> assertThat(reason).startsWith("A step of a plan carries a credential"),
                        reason -> assertThat(reason).contains("nowhere"));
    }

    @Test
    void elevationsAreRequestedAndQueried() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.HOLD;
        RawClient.Reply asked = send("POST", "/.interlock/elevations", LEASE + JSON + "Prefer: wait=7\r\n");
        assertThat(asked.status()).isEqualTo(202); // nothing is granted yet
        assertThat(asked.header("location")).contains("/.interlock/elevations/H-7");
        assertThat(asked.header("preference-applied")).contains("wait=7");
        assertThat(asked.header("interlock-receipt")).contains("R-asked");
        assertThat(asked.header("cache-control")).contains("no-store");
        setting.handler.does = FakeHandler.FakeBehaviour.FORWARD;
        RawClient.Reply news = news();
        assertThat(news.status()).isEqualTo(200);
        assertThat(news.header("preference-applied")).isEmpty();
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        assertThat(news().status()).isEqualTo(403);
        assertThat(setting.handler.elevations)
                .extracting(ElevationRequests.Request::subject)
                .hasExactlyElementsOfTypes(
                        ElevationRequests.Subject.NewElevation.class,
                        ElevationRequests.Subject.ElevationQuery.class,
                        ElevationRequests.Subject.ElevationQuery.class);
        assertThat(setting.handler.elevations.get(1).subject())
                .isEqualTo(new ElevationRequests.Subject.ElevationQuery("H-7"));
    }

    @Test
    void anUndoIsShownCarriedOutAndForced() throws Exception {
        assertThat(undo("GET", "/.interlock/undo/R-7").header("interlock-receipt"))
                .contains("R-undo");
        assertThat(undo("POST", "/.interlock/undo/R-7").body()).isEqualTo("{\"restored\":true}");
        undo("POST", "/.interlock/undo/R-7?force");
        assertThat(setting.handler.undone)
                .extracting(UndoRequests.Request::receipt, UndoRequests.Request::mode)
                .containsExactly(
                        tuple("R-7", UndoRequests.Mode.SHOW),
                        tuple("R-7", UndoRequests.Mode.RESTORE),
                        tuple("R-7", UndoRequests.Mode.FORCE));
        assertThat(setting.handler.undone.getFirst().presented()).hasSize(1);
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        assertThat(undo("POST", "/.interlock/undo/R-7").status()).isEqualTo(403);
        assertThat(undo("DELETE", "/.interlock/undo/R-7").status()).isEqualTo(403);
        assertThat(setting.unread).hasSize(1);
    }

    private RawClient.Reply undo(String method, String target) throws IOException {
        try (RawClient client = setting.client()) {
            return client.send(setting.request(method, target, LEASE)).reply();
        }
    }

    private RawClient.Reply news() throws IOException {
        try (RawClient client = setting.client()) {
            return client.send(setting.request("GET", "/.interlock/elevations/H-7", LEASE))
                    .reply();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/.interlock/elevations/H-7", // with a body, which means nothing
        "GET,/.interlock/elevations",
        "PUT,/.interlock/elevations",
        "DELETE,/.interlock/elevations/H-7",
        "POST,/.interlock/elevations/H-7",
        "POST,/.interlock/elevations?x=1",
    })
    void otherElevationPathsAreNotFound(String method, String target) throws Exception {
        assertThat(send(method, target, LEASE + JSON).status()).isEqualTo(403);
        assertThat(setting.handler.elevations).isEmpty();
    }

    /** A body is copied many times when it is read, and everything that people can sign is short. */
    @ParameterizedTest
    @ValueSource(strings = {"/.interlock/leases", "/.interlock/elevations"})
    void aLongBodyIsNotRead(String target) throws Exception {
        for (int length : new int[] {16 * 1024, 16 * 1024 + 1}) {
            try (RawClient client = setting.client()) {
                client.send(setting.request("POST", target, LEASE + JSON + "Content-Length: " + length + "\r\n") + "{}"
                        + " ".repeat(length - 2));
                assertThat(client.reply().status() < 300).isEqualTo(length == 16 * 1024);
            }
        }
        assertThat(setting.handler.derivations.size() + setting.handler.elevations.size())
                .isEqualTo(1);
    }

    /** The gateway does not have it: it is still with the client. */
    @ParameterizedTest
    @ValueSource(strings = {"/.interlock/leases", "/.interlock/elevations"})
    void aTooLongBodyIsNotReadAsEmpty(String target) throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", target, LEASE + JSON + "Content-Length: 2000000\r\n"));
            assertThat(client.reply().status()).isEqualTo(403);
        }
        assertThat(setting.handler.derivations).isEmpty();
        assertThat(setting.handler.elevations).isEmpty();
    }

    @Test
    void anotherSitesPageGetsNoLease() throws Exception {
        try (RawClient client = setting.client()) {
            client.send("POST /.interlock/leases HTTP/1.1\r\nHost: rebound.example\r\n" + LEASE + JSON
                    + "Content-Length: 2\r\n\r\n{}");
            assertThat(client.reply().status()).isEqualTo(400);
        }
        assertThat(setting.handler.derivations).isEmpty();
    }
}
