package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.SessionTarget;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests what is known of the targets that calls of a session have chosen, and what may be sent then. */
class SessionTargetsTest {

    private static final String SET = "set_dir path=/srv/scratch";

    private final SessionTargets targets = new SessionTargets();
    private final Object passage = new Object();

    private SessionTarget chosen(String session) {
        return targets.find(session).orElseThrow();
    }

    @Test
    void nothingIsKnownOfASessionThatNobodySawBegin() {
        assertThat(targets.choose("s-1", SET, passage)).isEmpty();
        assertThat(targets.find("s-1")).isEmpty();
        assertThat(targets.goBy("s-1", Optional.empty(), passage)).isPresent();
        assertThat(targets.find("")).isEmpty();
    }

    @Test
    void aSessionThatIsSaidToBeginOnceMoreKeepsWhatItHasChosen() {
        targets.begin("s-1");
        targets.choose("s-1", SET, passage);
        targets.begin("s-1");
        assertThat(chosen("s-1").calls()).containsExactly(SET);
    }

    @Test
    void sessionsAreKeptApart() {
        targets.begin("s-1");
        targets.begin("s-2");
        assertThat(chosen("s-1")).isNotEqualTo(chosen("s-2"));
        targets.choose("s-1", SET, passage);
        assertThat(chosen("s-2").calls()).isEmpty();
        assertThat(targets.goBy("s-2", targets.find("s-1"), passage)).isPresent();
    }

    @Test
    void aCallGoesOnlyByWhatItWasDecidedFor() {
        targets.begin("s-1");
        targets.choose("s-1", SET, passage);
        Optional<SessionTarget> decided = targets.find("s-1");
        targets.choose("s-1", "set_dir path=/srv/important", passage);
        assertThat(targets.goBy("s-1", decided, passage)).isPresent();
        assertThat(targets.goBy("s-1", targets.find("s-1"), passage)).isEmpty();
    }

    @Test
    void nothingIsChosenWhileSuchACallIsOnItsWay() {
        targets.begin("s-1");
        targets.goBy("s-1", targets.find("s-1"), passage);
        assertThat(targets.choose("s-1", SET, new Object())).isPresent();
        assertThat(targets.choose("s-1", SET, passage)).as("its own choice").isEmpty();
        targets.answered("s-1", passage);
        assertThat(targets.choose("s-1", SET, new Object())).isEmpty();
    }

    @Test
    void ofManyCallsAllCount() {
        for (String session : List.of("s-1", "s-2")) {
            targets.begin(session);
            targets.choose(session, "set_dir path=/" + session, passage);
        }
        for (int i = 0; i < 12; i++) {
            targets.choose("s-1", SET + i, passage);
            targets.choose("s-2", SET + i, passage);
        }
        assertThat(chosen("s-1").calls()).hasSize(10).isEqualTo(chosen("s-2").calls());
        assertThat(chosen("s-1").chosen())
                .contains("13 calls")
                .isNotEqualTo(chosen("s-2").chosen());
    }

    @Test
    void longCallsDifferAlsoWhereTheyAreCut() {
        targets.begin("s-1");
        String text = "set_dir path=/" + "x".repeat(2_000);
        targets.choose("s-1", text + "a", passage);
        targets.choose("s-1", text + "b", passage);
        assertThat(chosen("s-1").calls()).doesNotHaveDuplicates().allMatch(call -> call.length() < 400);
    }
}
