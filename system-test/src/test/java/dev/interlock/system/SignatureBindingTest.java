package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a signature holds for one request, in one state of the world, once. */
@Timeout(300)
@Tag("process")
final class SignatureBindingTest {

    private static final String DELETE = "volumeDelete";

    private static Installation installation;
    private static TestingRailway railway;

    @BeforeAll
    static void open() throws Exception {
        installation = Installation.open(true);
        railway = installation.railway();
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
    }

    @Test
    void aMovedMountVoidsASignature() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(2));
        String hold = signed(agent, agent.request(delete));
        long before = railway.attempted(DELETE);

        move(TestingRailway.PRODUCTION);
        assertThat(agent.ask(delete).kind()).isEqualTo("denied");
        move(TestingRailway.STAGING);
        assertThat(railway.attempted(DELETE)).isEqualTo(before);

        // Still staging's alone, but another effect than the signed one: one more environment would lose it.
        String mount = "1e57a9ce-0003-4000-8000-57a61a9e2000";
        railway.world().mount(mount, TestingRailway.disposable(2), TestingRailway.STAGING);
        Agent.Answer moved = agent.ask(delete);
        assertThat(moved.kind()).as(moved.body()).isEqualTo("confirmation_required");
        assertThat(moved.hold()).isNotEqualTo(hold);
        assertThat(installation.stateOf(hold)).isEqualTo("void");
        railway.world().unmount(mount);
        assertThat(agent.ask(delete).hold()).isNotIn(hold, moved.hold());
        assertThat(railway.attempted(DELETE)).isEqualTo(before);
        assertThat(railway.exists(TestingRailway.disposable(2))).isTrue();
    }

    private void move(String environment) {
        railway.world().move(TestingRailway.mountOf(2), environment);
    }

    private String signed(Agent agent, HttpRequest.Builder request) throws Exception {
        String hold = agent.send(request).hold();
        installation.sign(hold, "ann");
        assertThat(installation.stateOf(hold)).isEqualTo("signed");
        return hold;
    }
}
