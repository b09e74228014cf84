package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.DatabaseSurvey;
import dev.interlock.front.tls.TrustedRoots;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.NamedResource;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A database that speaks PostgreSQL's protocol, as its address names it. No message shows the password.
 *
 * @param address without role, password and options; if it names no database, of one that every server has
 * @param role empty if the address names none
 * @param password empty if the address has none
 */
record DatabaseUpstream(URI address, boolean isNamed, Optional<String> role, Optional<Secret> password) {

    static final String CATALOG = "pg";
    private static final String COMMON = "/postgres";
    private static final int PORT = 5432;
    static final int MOST_SHOWN = 12;

    private static final String ROLES = """
            a role for each kind of work; run this as OWNER, who owns the tables, with passwords of your own:
              CREATE ROLE BASE_read LOGIN PASSWORD '…';
              CREATE ROLE BASE_write LOGIN PASSWORD '…' IN ROLE BASE_read;
              CREATE ROLE BASE_destroy LOGIN PASSWORD '…' IN ROLE BASE_write, OWNER;
            """;
    private static final String GRANTS = """
              GRANT USAGE ON SCHEMA SCHEMA_NAME TO BASE_read;
              GRANT SELECT ON ALL TABLES IN SCHEMA SCHEMA_NAME TO BASE_read;
              GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA SCHEMA_NAME TO BASE_write;
              GRANT USAGE ON ALL SEQUENCES IN SCHEMA SCHEMA_NAME TO BASE_write;
              ALTER DEFAULT PRIVILEGES IN SCHEMA SCHEMA_NAME GRANT SELECT ON TABLES TO BASE_read;
              ALTER DEFAULT PRIVILEGES IN SCHEMA SCHEMA_NAME GRANT INSERT, UPDATE, DELETE ON TABLES TO BASE_write;
              ALTER DEFAULT PRIVILEGES IN SCHEMA SCHEMA_NAME GRANT USAGE ON SEQUENCES TO BASE_write;
            """;

    static boolean isAddress(String text) {
        return text.matches("postgres(ql)?://.*");
    }

    static DatabaseUpstream parse(String text) {
        URI said;
        try {
            said = new URI(text.strip());
        } catch (URISyntaxException _) {
            throw malformed(); // without its cause, whose message has all of it
        }
        boolean isNamed = said.getHost() != null && !said.getRawPath().matches("/?");
        String path = isNamed ? said.getRawPath() : COMMON;
        if (said.getHost() == null || !isAddress(text.strip()) || !path.matches("/[A-Za-z0-9_.-]+")) {
            throw malformed();
        }
        String user = Optional.ofNullable(said.getRawUserInfo()).orElse("");
        int colon = user.indexOf(':');
        String role = colon < 0 ? user : user.substring(0, colon);
        URI plain =
                URI.create("postgres://" + said.getHost() + ":" + (said.getPort() < 0 ? PORT : said.getPort()) + path);
        return new DatabaseUpstream(
                plain,
                isNamed,
                Optional.of(decoded(role)).filter(name -> !name.isEmpty()),
                colon < 0 ? Optional.empty() : Optional.of(new Secret(decoded(user.substring(colon + 1)))));
    }

    private static UsageException malformed() {
        return new UsageException("write the address as postgres://role@host:5432/database");
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw malformed();
        }
    }

    String database() {
        return address.getPath().substring(1);
    }

    /** Returns what to say if the address names no database: those that {@code survey} found. */
    UsageException unnamed(DatabaseSurvey survey) {
        String server = address.toString().substring(0, address.toString().lastIndexOf('/') + 1);
        return new UsageException("name one of its databases: "
                + survey.databases().stream()
                        .limit(MOST_SHOWN)
                        .map(each -> server.replace("//", "//" + VisibleText.line(survey.role()) + "@")
                                + VisibleText.line(each.name()) + " (" + size(each.bytes()) + ")")
                        .collect(Collectors.joining(", ")));
    }

    /** Returns the name of the upstream, unless {@code said}. */
    String name(Optional<String> said) {
        return said.or(() -> Optional.of(database().replace('_', '-')))
                .filter(name -> name.matches("[a-z][a-z0-9-]{0,30}"))
                .orElseThrow(
                        () -> new UsageException("name the upstream by small letters, digits and `-`: --name shop"));
    }

    DatabaseSurvey survey(Secret credential, Optional<String> ca) throws IOException {
        try {
            return DatabaseSurvey.of(address, credential, TrustedRoots.sockets(ca), new SecureRandom());
        } catch (IOException e) {
            throw new IOException(
                    "`" + address.getHost() + ":" + address.getPort() + "` cannot be asked: " + e.getMessage()
                            + "; check the address, the role and its password",
                    e);
        }
    }

    /** Returns the environment that its name suggests: a name that is not known to be for work is protected. */
    String environment(UpstreamLines.Environments environments) {
        boolean isOpen = EnvironmentProposal.of(
                        List.of(new NamedResource("pg:database/" + database(), address.getHost(), database())),
                        Set.of(),
                        Set.of())
                .getFirst()
                .environment()
                .equals(EnvironmentProposal.OPEN);
        return environments.place(isOpen);
    }

    /** Returns its lines, with all its schemas in {@code environment}. */
    UpstreamLines lines(String name, String environment, DatabaseSurvey survey, boolean hasRoles) {
        Map<String, String> places = new LinkedHashMap<>();
        places.put("pg:database/" + database(), environment);
        survey.schemas().stream()
                .filter(schema -> schema.name().matches("[\\w$-]+"))
                .forEach(schema -> places.put("pg:table/" + database() + "." + schema.name() + ".*", environment));
        return UpstreamLines.database(name, address.toString(), environment, places, hasRoles);
    }

    /** Returns what the role can do that agents do not need. */
    static List<String> warnings(DatabaseSurvey survey) {
        List<String> warnings = new ArrayList<>();
        String role = "the role `" + VisibleText.line(survey.role()) + "` ";
        survey.powers().forEach(power -> warnings.add(role + VisibleText.line(power)));
        if (survey.owned() > 0) {
            warnings.add(role + "owns " + CellFormat.number(survey.owned(), "table")
                    + ": an owner can drop them, and switch triggers and row security off");
        }
        return List.copyOf(warnings);
    }

    /**
     * Returns SQL for a role for each kind of work.
     *
     * @param isOpen whether a role of its own may write
     */
    List<String> roles(DatabaseSurvey survey, boolean isOpen) {
        String base = database().replaceAll("[^A-Za-z0-9]", "_").toLowerCase(Locale.ROOT);
        StringBuilder sql = new StringBuilder(ROLES.replace("BASE", base));
        survey.schemas().stream()
                .limit(MOST_SHOWN)
                .forEach(schema ->
                        sql.append(GRANTS.replace("BASE", base).replace("SCHEMA_NAME", quoted(schema.name()))));
        List<String> lines = new ArrayList<>(sql.toString().lines().toList());
        lines.add("then: interlock upstream add "
                + address.toString().replace("//", "//" + base + (isOpen ? "_read@" : "_write@"))
                + (isOpen ? " --write-from file:WRITE" : "")
                + " --destroy-from file:DESTROY, each with `role:password`");
        return lines;
    }

    private static String quoted(String name) {
        return name.matches("[a-z_][a-z0-9_]*")
                ? name
                : '"' + VisibleText.line(name).replace("\"", "\"\"") + '"';
    }

    /** Returns what the server has, for people. */
    static List<String> told(DatabaseSurvey survey) {
        List<String> lines = new ArrayList<>();
        lines.add("PostgreSQL " + VisibleText.line(survey.version()) + ", as `" + VisibleText.line(survey.role())
                + "`, who may change " + CellFormat.number(survey.writable(), "table"));
        add(lines, "database", survey.databases(), "");
        add(lines, "schema", survey.schemas(), "table");
        add(lines, "table", survey.tables(), "row");
        return lines;
    }

    private static void add(List<String> lines, String sort, List<DatabaseSurvey.Holder> all, String counted) {
        all.stream()
                .limit(MOST_SHOWN)
                .forEach(one -> lines.add("  " + sort + " " + VisibleText.line(one.name()) + ", " + size(one.bytes())
                        + (counted.isEmpty()
                                ? ""
                                : ", " + (counted.equals("row") ? "about " : "")
                                        + CellFormat.number(one.count(), counted))));
        if (all.size() > MOST_SHOWN) {
            lines.add("  and " + (all.size() - MOST_SHOWN) + " more");
        }
    }

    static String size(long bytes) {
        return bytes < (1 << 20) ? ((bytes + 1023) >> 10) + " KiB" : (bytes >> 20) + " MiB";
    }

    static Json.Members json(DatabaseSurvey survey) {
        return Json.object()
                .with("version", survey.version())
                .with("role", survey.role())
                .with("owned", survey.owned())
                .with("writable", survey.writable())
                .withTexts("warnings", warnings(survey))
                .withItems("databases", survey.databases().stream().map(RecordJson::write))
                .withItems("schemas", survey.schemas().stream().map(RecordJson::write))
                .withItems("tables", survey.tables().stream().map(RecordJson::write));
    }
}
