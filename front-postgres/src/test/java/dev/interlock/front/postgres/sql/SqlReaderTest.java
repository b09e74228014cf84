package dev.interlock.front.postgres.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.front.postgres.sql.ReadStatement.Session;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlReaderTest {

    private static final SqlReader READER = new SqlReader();

    private static List<ReadStatement> statements(String text) {
        assertThat(READER.read(text)).isInstanceOf(SqlReading.ReadText.class);
        return ((SqlReading.ReadText) READER.read(text)).statements();
    }

    private static ReadStatement only(String text) {
        List<ReadStatement> all = statements(text);
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    private static Set<String> names(Set<ReadStatement.Name> names) {
        return names.stream().map(ReadStatement.Name::quoted).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "TABLE t",
                "VALUES (1)",
                "WITH x AS (SELECT * FROM t) SELECT * FROM x",
                "EXPLAIN DELETE FROM t",
                "EXPLAIN (ANALYZE OFF, COSTS) DELETE FROM t",
                "EXPLAIN (ANALYZE 0) DELETE FROM t",
                "EXPLAIN ANALYZE SELECT 1",
                "PREPARE p AS DELETE FROM t",
                "COPY t TO STDOUT",
                "COPY (SELECT 1) TO STDOUT",
                "DECLARE c CURSOR FOR SELECT * FROM t",
                "FETCH 1 FROM c",
                "BEGIN",
                "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
                "COMMIT",
                "SAVEPOINT a",
                "SET search_path = app, public",
                "SET client_encoding = 'UTF-8'",
                "SET TIME ZONE 'UTC'",
                "RESET ALL",
                "SHOW search_path",
                "SELECT set_config('search_path', '', false)",
                "SET row_security = off",
                "LOCK TABLE t IN ACCESS SHARE MODE",
                "LISTEN c",
                "DISCARD ALL"
            })
    void ordinaryReadsOnlyRead(String text) {
        assertThat(only(text).effect()).isEqualTo(Effect.READ);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM t",
                "DELETE FROM t WHERE id = 1",
                "WITH d AS (DELETE FROM t RETURNING *) SELECT 1",
                "WITH a AS (WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d) SELECT * FROM a",
                "INSERT INTO o WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
                "EXPLAIN ANALYZE DELETE FROM t",
                "EXPLAIN (analyze) DELETE FROM t",
                "EXPLAIN (ANALYZE OFF, ANALYZE ON) DELETE FROM t",
                "EXPLAIN (ANALYZE 1) WITH d AS (DELETE FROM t RETURNING 1) SELECT 1",
                "COPY (DELETE FROM t RETURNING *) TO STDOUT",
                "CREATE TABLE n AS WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
                "TRUNCATE t",
                "DROP TABLE t",
                "drop /* a */ table t",
                "DROP SCHEMA public CASCADE",
                "DROP DATABASE shop",
                "DROP OWNED BY x",
                "ALTER TABLE t DROP COLUMN c",
                "ALTER TABLE t ADD COLUMN d int, DROP COLUMN c",
                "ALTER TABLE t ALTER COLUMN c TYPE int USING NULL",
                "ALTER TABLE t RENAME TO u",
                "ALTER TABLE t SET UNLOGGED",
                "ALTER TABLE t DETACH PARTITION p",
                "UPDATE t SET a = 1",
                "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
                "ROLLBACK PREPARED 'x'",
                "CREATE OR REPLACE VIEW v AS SELECT 1",
                "COPY t TO PROGRAM 'rm -rf /'",
                "COPY t FROM PROGRAM 'x'",
                "COPY t TO '/tmp/x'",
                "ALTER SYSTEM SET fsync = off",
                "LOAD 'x'"
            })
    void aDestructionIsFoundWhereverItStands(String text) {
        assertThat(only(text).effect().impacts()).contains(Impact.DESTROY);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            INSERT INTO t VALUES (1)                                  | WRITE
            INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING           | WRITE
            UPDATE t SET a = 1 WHERE id = 1                           | WRITE
            SELECT * INTO n FROM t                                    | WRITE
            CREATE TABLE n (id int)                                   | WRITE
            CREATE TABLE n AS SELECT 1                                | WRITE
            ALTER TABLE t ADD COLUMN d int                            | WRITE
            COPY t FROM STDIN                                         | WRITE
            NOTIFY c                                                  | WRITE
            LOCK TABLE t                                              | WRITE
            VACUUM (FULL) t                                           | WRITE
            GRANT ALL ON t TO x                                       | PRIVILEGE
            CREATE SCHEMA s GRANT ALL ON t TO x                       | PRIVILEGE
            ALTER TABLE t DISABLE TRIGGER ALL                         | PRIVILEGE
            SET session_replication_role = replica                    | PRIVILEGE
            SET LOCAL role x                                          | PRIVILEGE
            SET ROLE x                                                | PRIVILEGE
            SET SESSION AUTHORIZATION x                               | PRIVILEGE
            RESET ROLE                                                | PRIVILEGE
            SET standard_conforming_strings = off                     | PRIVILEGE
            SET client_encoding = 'SJIS'                              | PRIVILEGE
            SET app.tenant = '1'                                       | PRIVILEGE
            CREATE EXTENSION dblink                                   | PRIVILEGE
            CREATE ROLE x PASSWORD 'y'                                | CREDENTIAL
            DO $$ BEGIN EXECUTE concat('DR', 'OP TABLE t'); END $$          | EXECUTE
            CALL p()                                                  | EXECUTE
            CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'| EXECUTE
            CREATE RULE r AS ON INSERT TO t DO INSTEAD DELETE FROM u  | EXECUTE
            CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()   | EXECUTE
            """)
    void everyKindHasItsImpact(String text, Impact impact) {
        assertThat(only(text).effect().impacts()).contains(impact);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            pg_temp.f() RETURNS int LANGUAGE sql AS 'select 1'                          | READ
            pg_temp.f() RETURNS int LANGUAGE sql AS 'delete from t returning 1'         | DESTROY
            pg_temp.f() RETURNS int LANGUAGE sql SET search_path = x AS 'select 1'      | EXECUTE
            pg_temp.f() RETURNS int LANGUAGE plpgsql AS 'begin execute $1; end'         | EXECUTE
            pg_temp.f() RETURNS int LANGUAGE plpgsql AS 'begin drop table t; end'       | EXECUTE
            pg_temp.f() RETURNS int LANGUAGE c AS 'x'                                   | EXECUTE
            f() RETURNS int LANGUAGE sql AS 'select 1'                                  | EXECUTE
            """)
    void aFunctionOfTheSessionCountsByItsBody(String function, Impact worst) {
        assertThat(statements("CREATE FUNCTION " + function))
                .flatExtracting(statement -> statement.effect().impacts())
                .contains(worst)
                .matches(found -> worst != Impact.READ || Set.of(Impact.READ).containsAll(found));
    }

    @Test
    void aTextIsAllItsStatements() {
        assertThat(statements("begin read only; commit; delete from c; begin read only; commit"))
                .extracting(ReadStatement::kind)
                .containsExactly("BEGIN", "COMMIT", "DELETE", "BEGIN", "COMMIT");
        assertThat(statements("-- nothing")).isEmpty();
        assertThat(statements("")).isEmpty();
    }

    @Test
    void namesAreKeptApartByUse() {
        ReadStatement read = only("WITH c AS (SELECT * FROM a) DELETE FROM s.\"T\" USING c, b WHERE f(x) @@ pg.g(y)");
        assertThat(names(read.changed())).containsExactly("\"s\".\"T\"");
        assertThat(names(read.read())).containsExactlyInAnyOrder("\"a\"", "\"b\"");
        assertThat(names(read.functions())).containsExactlyInAnyOrder("\"f\"", "\"pg\".\"g\"");
        assertThat(read.operators()).containsExactly("@@");
        assertThat(read.hasWhere()).isTrue();
        assertThat(only("UPDATE t SET a = 1").hasWhere()).isFalse();
        assertThat(only("SELECT u.password_hash, * FROM u").columns()).containsExactlyInAnyOrder("password_hash", "*");
        assertThat(names(only("DROP TABLE a, s.b").changed())).containsExactlyInAnyOrder("\"a\"", "\"s\".\"b\"");
    }

    @Test
    void preparedStatementsAreKnownByName() {
        assertThat(only("PREPARE p AS DELETE FROM t").session())
                .isInstanceOfSatisfying(Session.Prepares.class, prepares -> {
                    assertThat(prepares.name()).isEqualTo("p");
                    assertThat(prepares.statement().effect()).isEqualTo(Effect.DESTROY);
                });
        for (String text : List.of("EXECUTE p", "EXPLAIN EXECUTE p", "CREATE TABLE n AS EXECUTE p")) {
            assertThat(only(text).session()).isEqualTo(new Session.Executes("p", !text.startsWith("EXPLAIN EX")));
        }
        assertThat(only("SAVEPOINT \"A\"").session()).isEqualTo(new Session.Controls("A"));
        assertThat(only("PREPARE TRANSACTION 'x'").session()).isEqualTo(new Session.Controls(""));
        assertThat(only("DEALLOCATE p").session()).isEqualTo(new Session.Forgets(Optional.of("p")));
        assertThat(only("DEALLOCATE ALL").session()).isEqualTo(new Session.Forgets(Optional.empty()));
    }

    @Test
    void whatIsNoSqlIsNotRead() {
        assertThat(READER.read("DELETE FRM t")).isInstanceOfSatisfying(SqlReading.UnreadText.class, unread -> {
            assertThat(unread.reason()).contains("syntax error");
            assertThat(unread.position()).isEqualTo(8);
        });
        assertThat(READER.read("SELECT 1\0")).isInstanceOf(SqlReading.UnreadText.class);
        assertThat(READER.read("SELECT " + "(".repeat(20_000) + "1" + ")".repeat(20_000)))
                .isInstanceOf(SqlReading.UnreadText.class);
        assertThat(only("SELECT 1").effect()).isEqualTo(Effect.READ); // and it still reads
    }

    @Test
    void whateverIsUnknownCanDoAnything() {
        assertThat(TopLevel.effect("BrandNewStmt", com.fasterxml.jackson.databind.node.NullNode.getInstance()))
                .isEqualTo(Effect.ANYTHING);
        assertThat(EnumSet.copyOf(Effect.ANYTHING.impacts())).contains(Impact.DESTROY, Impact.PRIVILEGE);
    }

    @Test
    void peopleSeeATextWithoutWhatMayBeSecret() {
        assertThat(
                        READER.shown(
                                "DELETE /* hi */ FROM \"Größe\"  WHERE id <= 40 AND n = 'se''cret' -- c\n AND d=$$x$$ AND p = $1"))
                .isEqualTo("DELETE FROM \"Größe\" WHERE id <= 40 AND n = '...' AND d='...' AND p = $1");
        assertThat(READER.shown("CREATE ROLE x PASSWORD 'hunter2'")).isEqualTo("CREATE ROLE x PASSWORD '...'");
        assertThat(READER.shown("SELECT 1234567890123456")).isEqualTo("SELECT '...'");
        assertThat(READER.shown("SELECT 'open")).isEqualTo("'...'");
    }
}
