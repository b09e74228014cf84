package dev.interlock.cli;

import dev.interlock.shapes.ModelProvider;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An upstream for a provider that is known, as {@code interlock.yaml} has it. {@code authority} is trusted besides the
 * system's, in PEM.
 */
record UpstreamLines(
        String name,
        String catalog,
        String address,
        Optional<String> resolver,
        List<Slot> slots,
        Map<String, String> places,
        Optional<String> authority) {
    static final String GITHUBS_SERVER = "github-mcp";

    /** Any host of repositories but GitHub. */
    static final String GIT = "git";

    /** Every public host that is no upstream of its own. */
    static final String WEB = "web";

    private static final String GITHUBS_SERVER_ADDRESS = "https://api.githubcopilot.com";

    /** The user with whose password GitHub takes a token over Git (GitHub's documentation of tokens). */
    static final String GITS_USER = "x-access-token";

    /** The impacts of the credentials that open only for a confirmation. */
    private static final String[] CONFIRMED = {"destroy", "execute", "privilege"};

    /** All that the usual clients of a registry ask, in their own settings: the place of its packages comes first. */
    private static final Map<String, List<String>> REGISTRIES = Map.of(
            "npm", List.of("https://registry.npmjs.org", "https://registry.yarnpkg.com"),
            "pypi", List.of("https://pypi.org", "https://files.pythonhosted.org"),
            "crates", List.of("https://index.crates.io", "https://static.crates.io", "https://crates.io"),
            "go",
                    List.of(
                            "https://proxy.golang.org",
                            "https://sum.golang.org",
                            "https://storage.googleapis.com/proxy-golang-org-prod"),
            "maven", List.of("https://repo.maven.apache.org/maven2", "https://repo1.maven.org/maven2"));

    /** The addresses of the providers whose APIs are known. */
    private static final Map<String, String> APIS = Map.of(
            "github", "https://api.github.com",
            "hetzner", "https://api.hetzner.cloud",
            "neon", "https://console.neon.tech",
            "railway", "https://backboard.railway.com",
            "supabase", "https://api.supabase.com");

    /** {@code user} if it is that user's password, sent as HTTP Basic; {@code header} unless {@code authorization}. */
    record Slot(
            String name,
            List<String> environments,
            List<String> impacts,
            Optional<String> user,
            Optional<String> header) {
        static Slot token(String name, List<String> environments, String... impacts) {
            return new Slot(name, environments, List.of(impacts), Optional.empty(), Optional.empty());
        }

        /** As hosts take it over Git. */
        private Slot asPassword() {
            return new Slot(name, environments, impacts, Optional.of(GITS_USER), header);
        }
    }

    UpstreamLines {
        slots = List.copyOf(slots);
    }

    private UpstreamLines(
            String name,
            String catalog,
            String address,
            Optional<String> resolver,
            List<Slot> slots,
            Map<String, String> places) {
        this(name, catalog, address, resolver, slots, places, Optional.empty());
    }

    UpstreamLines trusting(String pem) {
        return new UpstreamLines(name, catalog, address, resolver, slots, places, Optional.of(pem));
    }

    /** The names of a policy's environments: those in which agents may work, and those that are protected. */
    record Environments(List<String> open, List<String> guarded) {

        private List<String> all() {
            return Stream.concat(open.stream(), guarded.stream()).toList();
        }

        /** Returns the environment for what agents may work on, or may not. */
        String place(boolean isOpen) {
            return isOpen || guarded.isEmpty() ? open.getFirst() : guarded.getFirst();
        }
    }

    /** Returns whether {@code provider} is read without any credential. */
    static boolean isPublic(String provider) {
        return REGISTRIES.containsKey(provider) || provider.equals(WEB);
    }

    /** Returns the known registries of packages, in the order of their names. */
    static SortedSet<String> registries() {
        return new TreeSet<>(REGISTRIES.keySet());
    }

    /** Returns the providers that are known by name, in the order of their names. */
    static SortedSet<String> providers() {
        SortedSet<String> all = new TreeSet<>(registries());
        all.addAll(APIS.keySet());
        all.addAll(ModelProvider.names());
        all.addAll(List.of(GIT, GITHUBS_SERVER, WEB));
        return all;
    }

    static List<UpstreamLines> of(String provider, Environments environments, Map<String, String> places) {
        return of(provider, provider, Optional.empty(), environments, places, Optional.of(ModelCredential.API_KEY));
    }

    /**
     * Returns what {@code provider} becomes, with {@code name}.
     *
     * @param address unless it is the provider's own
     * @param credential that with which a model is asked; empty if it needs none
     */
    static List<UpstreamLines> of(
            String provider,
            String name,
            Optional<String> address,
            Environments environments,
            Map<String, String> places,
            Optional<ModelCredential> credential) {
        if (REGISTRIES.containsKey(provider)) {
            List<String> own = REGISTRIES.get(provider);
            return registry(name, provider, address.map(List::of).orElse(own), environments);
        }
        if (provider.equals(WEB)) {
            return List.of(web(name, environments.open().getFirst()));
        }
        if (ModelProvider.of(provider).isPresent()) {
            return List.of(model(name, provider, environments.open().getFirst(), credential, address));
        }
        if (provider.equals(GITHUBS_SERVER)) {
            return List.of(githubsServer(name, environments, places));
        }
        if (provider.equals(GIT)) {
            return List.of(git(name, GIT, address.orElseThrow(), environments, places));
        }
        String served = address.orElseGet(() -> Objects.requireNonNull(APIS.get(provider)));
        UpstreamLines api = api(name, provider, served, environments, places);
        if (!provider.equals("github")) {
            return List.of(api);
        }
        return List.of(
                api,
                git(name + "-git", provider, besideApi(served, "", ""), environments, places),
                uploads(name + "-uploads", besideApi(served, "uploads.", "/api/uploads"), environments, places));
    }

    /**
     * Returns the address of what GitHub serves beside the API at {@code api}: on a host of its own, or, if a company
     * runs GitHub itself, at a path of the same one.
     */
    private static String besideApi(String api, String host, String path) {
        URI address = URI.create(api);
        return address.getRawAuthority().startsWith("api.")
                ? "https://" + host + address.getRawAuthority().substring("api.".length())
                : address.getScheme() + "://" + address.getRawAuthority() + path;
    }

    /** Returns GitHub's host for the files of releases. All that it does machines may run, so it is confirmed. */
    private static UpstreamLines uploads(
            String name, String address, Environments environments, Map<String, String> places) {
        List<Slot> slots = tokens(name, environments).stream()
                .filter(slot -> slot.impacts().contains("execute"))
                .toList();
        return new UpstreamLines(name, "github", address, Optional.empty(), slots, places);
    }

    private static List<UpstreamLines> registry(
            String first, String provider, List<String> addresses, Environments environments) {
        Map<String, String> self = self(provider, environments.open().getFirst());
        List<UpstreamLines> all = new ArrayList<>();
        for (String address : addresses) {
            String name = all.isEmpty() ? first : first + "-" + (all.size() + 1);
            all.add(new UpstreamLines(name, provider, address, Optional.empty(), List.of(), self));
        }
        return all;
    }

    private static UpstreamLines web(String name, String environment) {
        return new UpstreamLines(
                name, WEB, "https://*", Optional.empty(), List.of(), Map.of(WEB + ":host/*", environment));
    }

    boolean isWeb() {
        return catalog.equals(WEB);
    }

    /** Who reads packages, or asks a model, acts on no resource; the first open environment is as good as any. */
    private static Map<String, String> self(String catalog, String environment) {
        return Map.of(catalog + ":account/self", environment);
    }

    static UpstreamLines model(String name, String catalog, String environment, ModelCredential credential) {
        return model(name, catalog, environment, Optional.of(credential), Optional.empty());
    }

    private static UpstreamLines model(
            String name,
            String catalog,
            String environment,
            Optional<ModelCredential> credential,
            Optional<String> address) {
        ModelProvider provider = ModelProvider.of(catalog).orElseThrow();
        List<Slot> key = credential.stream()
                .map(one -> new Slot(
                        name + "-key", List.of(environment), List.of("read"), Optional.empty(), one.header(provider)))
                .toList();
        return new UpstreamLines(
                name,
                catalog,
                address.orElseGet(
                        () -> credential.orElse(ModelCredential.API_KEY).address(provider)),
                Optional.empty(),
                key,
                self(catalog, environment));
    }

    /**
     * Agents act in {@code environment} on it, and on all resources of {@code types}.
     *
     * @param header that of its token; empty if it gets none
     * @param isUndone whether the gateway reads what calls of it overwrite
     */
    static UpstreamLines proposed(
            String name,
            String address,
            String environment,
            Set<String> types,
            Optional<String> header,
            boolean isUndone) {
        Optional<String> own = header.filter(one -> !one.equals("authorization"));
        Map<String, List<String>> impacts = new LinkedHashMap<>();
        if (isUndone) {
            impacts.put("-look", List.of("read"));
        }
        impacts.put("-work", List.of("read", "write"));
        impacts.put("-confirmed", List.of(CONFIRMED));
        List<Slot> slots = new ArrayList<>();
        header.ifPresent(_ -> impacts.forEach(
                (end, each) -> slots.add(new Slot(name + end, List.of(environment), each, Optional.empty(), own))));
        Optional<String> resolver = header.filter(_ -> isUndone).map(_ -> name + "-look");
        Map<String, String> places = new LinkedHashMap<>(self(name, environment));
        types.forEach(type -> places.put(name + ":" + type + "/*", environment));
        return new UpstreamLines(name, name, address, resolver, slots, places);
    }

    /**
     * Returns a database in {@code environment}.
     *
     * @param hasRoles whether one role reads and another one changes
     */
    static UpstreamLines database(
            String name, String address, String environment, Map<String, String> places, boolean hasRoles) {
        List<List<String>> impacts = hasRoles
                ? List.of(List.of("read"), List.of("write"), List.of(CONFIRMED))
                : List.of(List.of("read", "write"), List.of(CONFIRMED));
        String look = name + "-look"; // for the gateway's own questions
        List<Slot> slots = new ArrayList<>(List.of(role(look, environment, List.of("read"))));
        impacts.forEach(each -> slots.add(role(
                name + (each.contains("write") ? "-work" : each.contains("read") ? "-read" : "-confirmed"),
                environment,
                each)));
        return new UpstreamLines(name, DatabaseUpstream.CATALOG, address, Optional.of(look), slots, places);
    }

    private static Slot role(String name, String environment, List<String> impacts) {
        return new Slot(name, List.of(environment), impacts, Optional.empty(), Optional.of("password"));
    }

    private static UpstreamLines api(
            String name, String catalog, String address, Environments environments, Map<String, String> places) {
        List<Slot> slots = new ArrayList<>();
        slots.add(Slot.token(name + "-look", environments.all(), "read"));
        slots.addAll(tokens(name, environments));
        return new UpstreamLines(name, catalog, address, Optional.of(name + "-look"), slots, places);
    }

    /** Returns the upstream of GitHub's server of MCP. A repository in it is the same resource as in the API. */
    private static UpstreamLines githubsServer(String name, Environments environments, Map<String, String> places) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("github:mcp/self", environments.open().getFirst()); // each client begins with a question about it
        all.putAll(places);
        return new UpstreamLines(
                name, "github", GITHUBS_SERVER_ADDRESS, Optional.empty(), tokens(name, environments), all);
    }

    static boolean isGithubsServer(URI address) {
        return GITHUBS_SERVER_ADDRESS.equals(address.getScheme() + "://" + address.getRawAuthority());
    }

    private static List<Slot> tokens(String name, Environments environments) {
        List<Slot> slots = new ArrayList<>();
        slots.add(Slot.token(name + "-read", environments.all(), "read"));
        slots.add(Slot.token(name + "-work", environments.open(), "write"));
        slots.add(Slot.token(name + "-confirmed", environments.open(), CONFIRMED));
        if (!environments.guarded().isEmpty()) {
            slots.add(Slot.token(name + "-protected-work", environments.guarded(), "write"));
            slots.add(Slot.token(name + "-protected-confirmed", environments.guarded(), CONFIRMED));
        }
        return slots;
    }

    private static UpstreamLines git(
            String name, String catalog, String address, Environments environments, Map<String, String> places) {
        List<Slot> slots = Stream.concat(
                        Stream.of(Slot.token(name + "-look", environments.all(), "read")),
                        tokens(name, environments).stream())
                .map(Slot::asPassword)
                .toList();
        return new UpstreamLines(name, catalog, address, Optional.of(name + "-look"), slots, places);
    }

    List<String> lines() {
        List<String> lines =
                new ArrayList<>(List.of("  " + name + ":", "    catalog: " + catalog, "    address: " + address));
        authority.ifPresent(pem -> {
            lines.add("    ca: |");
            pem.strip().lines().forEach(line -> lines.add("      " + line));
        });
        resolver.ifPresent(slot -> lines.add("    resolver: " + slot));
        lines.add(slots.isEmpty() ? "    credentials: {}" : "    credentials:");
        for (Slot slot : slots) {
            lines.add("      " + slot.name() + ": {environments: " + list(slot.environments()) + ", impacts: "
                    + list(slot.impacts()) + (slot.user().isPresent() ? ", scheme: Basic" : "")
                    + slot.header().map(header -> ", header: " + header).orElse("") + "}");
        }
        if (places.size() == 1) {
            places.forEach((resource, environment) ->
                    lines.add("    resources: {\"" + resource + "\": {environments: [" + environment + "]}}"));
        } else if (!places.isEmpty()) {
            lines.add("    resources:");
            places.forEach((resource, environment) ->
                    lines.add("      \"" + resource + "\": {environments: [" + environment + "]}"));
        }
        return lines;
    }

    private static String list(List<String> words) {
        return "[" + String.join(", ", words) + "]";
    }
}
