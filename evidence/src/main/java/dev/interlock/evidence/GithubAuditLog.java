package dev.interlock.evidence;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GitHub's audit log of an organisation: exported as JSON, one event a line or as an array, or by its REST API. Actors
 * are log-ins, and digests of tokens as GitHub writes them. An event that is not listed here fits every call that
 * changed something in its repository.
 */
final class GithubAuditLog implements ProviderLog {

    private static final String ANY = "*";
    private static final String READ = "read";
    private static final Set<String> READS = Set.of("git.clone", "git.fetch", "repo.download_zip");

    /** The events that a call leaves for certain, and the operations. */
    private static final Map<String, Set<String>> KINDS = new TreeMap<>();

    static {
        for (String line : """
                repo.create repos/create-in-org repos/create-using-template createRepository cloneTemplateRepository create_repository
                repo.destroy repos/delete
                repo.remove_actions_secret actions/delete-repo-secret
                org.remove_actions_secret actions/delete-org-secret
                org.remove_member orgs/remove-member orgs/remove-membership-for-user
                protected_branch.destroy repos/delete-branch-protection
                repository_ruleset.create repos/create-repo-ruleset repos/create-org-ruleset
                repository_ruleset.destroy repos/delete-repo-ruleset repos/delete-org-ruleset
                hook.create repos/create-webhook orgs/create-webhook
                hook.destroy repos/delete-webhook orgs/delete-webhook
                public_key.create repos/create-deploy-key
                public_key.delete repos/delete-deploy-key
                team.create teams/create
                team.destroy teams/delete-in-org
                environment.delete repos/delete-an-environment
                workflows.delete_workflow_run actions/delete-workflow-run
                artifact.destroy actions/delete-artifact
                pull_request.merge pulls/merge mergePullRequest merge_pull_request
                issue.destroy deleteIssue""".split("\n", -1)) {
            List<String> words = List.of(line.split(" ", -1));
            KINDS.put(words.get(0), Set.copyOf(words.subList(1, words.size())));
        }
    }

    private static final int PATIENCE = 60_000; // milliseconds
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>[^<]*\\brel=\"?next\\b");

    private final List<String> sources;
    private final String token;

    /** {@code sources} are files, or addresses such as {@code https://api.github.com/orgs/acme/audit-log}. */
    GithubAuditLog(List<String> sources, String token) {
        this.sources = List.copyOf(sources);
        this.token = token;
    }

    @Override
    public String prefix() {
        return "github/";
    }

    @Override
    public void read(Reconciliation to) throws IOException {
        for (String source : sources) {
            if (source.matches("https?://.*")) {
                pages(URI.create(source + (source.contains("?") ? "" : "?include=all&order=asc&per_page=100")), to);
            } else {
                page(source, Files.readAllBytes(Path.of(source)), to);
            }
        }
    }

    private void pages(URI address, Reconciliation to) throws IOException {
        if (!"https".equals(address.getScheme()) && !"127.0.0.1".equals(address.getHost())) {
            throw new IllegalArgumentException("the token is sent by https only");
        }
        Set<URI> seen = new HashSet<>();
        Optional<URI> next = Optional.of(address);
        while (next.isPresent()) {
            URI page = next.get();
            if (!seen.add(page) || !page.resolve("/").equals(address.resolve("/"))) { // the token is for one server
                throw new IOException("the next page of the audit log: it leads elsewhere, or back");
            }
            HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection();
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(PATIENCE);
            connection.setReadTimeout(PATIENCE);
            connection.setRequestProperty("accept", "application/vnd.github+json");
            connection.setRequestProperty("authorization", "Bearer " + token);
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("the audit log: the server answers " + connection.getResponseCode());
            }
            page("page " + seen.size(), connection.getInputStream().readAllBytes(), to);
            Matcher link = NEXT.matcher(String.valueOf(connection.getHeaderField("link")));
            next = link.find() ? Optional.of(page.resolve(link.group(1))) : Optional.empty();
        }
    }

    private static void page(String place, byte[] bytes, Reconciliation to) {
        String text = new String(bytes, StandardCharsets.UTF_8).strip();
        if (!text.startsWith("[")) {
            List<String> lines = text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                String line = place + ":" + (i + 1);
                event(line, Json.readForeign(lines.get(i).getBytes(StandardCharsets.UTF_8), line), to);
            }
        } else if (new JsonReader(bytes, place, JsonReader.MAX_FOREIGN_DEPTH).read() instanceof Json.Array array) {
            List<Json.Members> events = Json.object().with("events", array).objects("events");
            for (int i = 0; i < events.size(); i++) {
                event(place + ":" + (i + 1), events.get(i), to);
            }
        }
    }

    private static void event(String place, Json.Members event, Reconciliation to) {
        String kind = event.text("action");
        Instant at =
                Instant.ofEpochMilli(event.whole(event.get("@timestamp").isPresent() ? "@timestamp" : "created_at"));
        Set<String> actors = new TreeSet<>();
        event.textIfAny("actor").ifPresent(actors::add);
        event.textIfAny("hashed_token").ifPresent(actors::add);
        String key = KINDS.containsKey(kind) ? kind : READS.contains(kind) ? READ : ANY;
        Set<String> targets = new TreeSet<>();
        event.textIfAny("repo")
                .or(() -> event.textIfAny("org"))
                .ifPresent(name -> targets.add(name.toLowerCase(Locale.ROOT)));
        to.covers(at);
        to.event(new ProviderEvent(place, at, actors, kind, key, targets, Effect.HAPPENED));
    }

    @Override
    public List<ExpectedEvent> expected(List<Json.Members> actions) {
        Set<ExpectedEvent> expected = new HashSet<>(); // a push of several refs is one event
        for (Json.Members action : actions) {
            String operation = action.text("operation").replaceFirst("^" + prefix(), "");
            Set<String> keys = new TreeSet<>();
            KINDS.forEach((kind, operations) -> {
                if (operations.contains(operation)) {
                    keys.add(kind);
                }
            });
            boolean isCertain = !keys.isEmpty();
            keys.add(READ);
            if (!action.texts("impacts").equals(List.of("read"))) {
                keys.add(ANY);
            }
            Set<String> targets = new TreeSet<>();
            action.objects("resources").stream()
                    .map(resource -> resource.text("id"))
                    .filter(id -> id.matches("github:(repo|org)/.+"))
                    .forEach(id -> targets.add(id.substring(id.indexOf('/') + 1).toLowerCase(Locale.ROOT)));
            expected.add(new ExpectedEvent(keys, targets, isCertain, false));
        }
        return new ArrayList<>(expected);
    }
}
