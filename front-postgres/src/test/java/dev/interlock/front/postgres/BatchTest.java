package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Impact;
import dev.interlock.front.postgres.sql.SqlReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BatchTest {

    private static final SqlReader READER = new SqlReader();

    private PreparedStatements session = new PreparedStatements();

    private static Message query(String text) {
        return Message.of('Q').text(text).build();
    }

    private static Message parse(String name, String text) {
        return Message.of('P').text(name).text(text).int16(0).build();
    }

    private static Message bind(String name, String... values) {
        Message.Builder built = Message.of('B').text("").text(name).int16(0).int16(values.length);
        for (String value : values) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            built.int32(bytes.length).bytes(bytes);
        }
        return built.int16(0).build();
    }

    private Batch batch(Message... messages) throws Exception {
        Batch batch = new Batch(READER, session.copy());
        for (Message message : messages) {
            batch.add(message);
        }
        return batch;
    }

    private static boolean destroys(Batch batch) {
        return batch.statements().keySet().stream()
                .anyMatch(statement -> statement.effect().impacts().contains(Impact.DESTROY));
    }

    @Test
    void whatIsOnlyPreparedRunsNothing() throws Exception {
        assertThat(batch(parse("s", "DELETE FROM t")).statements()).isEmpty();
    }

    @Test
    void whatIsBoundRuns() throws Exception {
        assertThat(destroys(batch(parse("s", "DELETE FROM t"), bind("s")))).isTrue();
        assertThatThrownBy(() -> batch(bind("s"))).isInstanceOf(Batch.RejectedException.class);
    }

    /** After an error, the server has what it had before, or what was sent: whichever it is, it is judged. */
    @Test
    void afterAnErrorANameStandsForBoth() throws Exception {
        for (String name : new String[] {"", "s"}) {
            session = batch(parse(name, "DELETE FROM t")).prepared();
            PreparedStatements sent =
                    batch(parse("x", "SELECT 1/0"), parse(name, "SELECT 1")).prepared();
            PreparedStatements before = session;
            session = sent;
            assertThat(destroys(batch(bind(name)))).isFalse();
            session = before.or(sent);
            assertThat(destroys(batch(bind(name)))).isTrue();
        }
    }

    @Test
    void aClosedNameIsForgotten() throws Exception {
        session = batch(parse("s", "DELETE FROM t")).prepared();
        Message close = Message.of('C').int8('S').text("s").build();
        assertThatThrownBy(() -> batch(close, bind("s"))).isInstanceOf(Batch.RejectedException.class);
        assertThat(destroys(batch(close, parse("s", "SELECT 1"), bind("s")))).isFalse();
    }

    @Test
    void theStatementWithoutANameIsReplaced() throws Exception {
        assertThat(destroys(batch(parse("", "DELETE FROM t"), parse("", "SELECT 1"), bind(""))))
                .isFalse();
        session = batch(parse("", "DELETE FROM t")).prepared();
        session = batch(query("SELECT 1")).prepared();
        assertThatThrownBy(() -> batch(bind(""))).isInstanceOf(Batch.RejectedException.class);
    }

    @Test
    void namesOfSqlAndOfTheProtocolAreTheSame() throws Exception {
        session = batch(parse("s", "DELETE FROM t")).prepared();
        assertThat(destroys(batch(query("EXECUTE s")))).isTrue();
        session = batch(query("PREPARE q AS DELETE FROM t")).prepared();
        assertThat(destroys(batch(bind("q")))).isTrue();
        session = batch(parse("loop", "EXECUTE loop")).prepared();
        assertThatThrownBy(() -> batch(bind("loop"))).isInstanceOf(Batch.RejectedException.class);
    }

    @Test
    void namesAreNotJudgedBeforeTheirMeaningIsKnown() {
        for (String text : new String[] {
            "SET search_path = a; DELETE FROM t",
            "ROLLBACK; SELECT * FROM t",
            "SELECT set_config('search_path', 'a', false); DELETE FROM t",
            "DISCARD ALL; SELECT f()",
            "COMMIT; TABLE t"
        }) {
            assertThatThrownBy(() -> batch(query(text))).as(text).isInstanceOf(Batch.RejectedException.class);
        }
    }

    @Test
    void oneNumberIsOneCallHoweverItIsSent() throws Exception {
        Message typed = Message.of('P')
                .text("s")
                .text("DELETE FROM t WHERE id = $1")
                .int16(1)
                .int32(23)
                .build();
        Message binary = Message.of('B')
                .text("")
                .text("s")
                .int16(1)
                .int16(1)
                .int16(1)
                .int32(4)
                .int32(-7)
                .int16(0)
                .build();
        assertThat(batch(typed, binary).values())
                .isEqualTo(batch(typed, bind("s", "-7")).values());
        assertThat(batch(typed, bind("s", "8")).values())
                .isNotEqualTo(batch(typed, bind("s", "-7")).values());
        assertThat(batch(typed, bind("s", "07")).values())
                .isNotEqualTo(batch(typed, bind("s", "7")).values());
    }
}
