package dev.interlock.setup;

import static java.util.Objects.requireNonNull;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.Catalogs;
import dev.interlock.setup.ApiDescription.ApiOperation;
import dev.interlock.setup.ToolJudgement.Effect;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is proposed for an API that its OpenAPI description describes: each operation as it seems by its method, its
 * name, its path, its arguments and its description. A person checks it before it is sealed.
 */
public final class ApiProposal {

    private static final Pattern PARAMETER = Pattern.compile("\\{([^{}]+)}");
    private static final Pattern MEMBER = Pattern.compile("[_A-Za-z][_A-Za-z0-9]*");
    private static final Pattern MEDIA_TYPE = Pattern.compile("[a-z]+/[a-z0-9.+-]+");
    /** How the longer form of an operation goes on; the short one is only for a GET. */
    private static final String REQUEST = "\n    request: ";

    private static final Set<String> TAKEN = Set.of("query", "header", "body");

    /** A POST at a path that ends with one of these only looks. */
    private static final Set<String> LOOKING =
            Set.of("search", "query", "list", "find", "filter", "count", "lookup", "validate", "preview", "estimate");

    /** The method at the beginning of an operation's name, as generators write it. */
    private static final Pattern POSTED = Pattern.compile("^post(?=[A-Z0-9_-])");

    private static final Map<String, String> VERBS =
            Map.of("GET", "get", "POST", "create", "PUT", "replace", "PATCH", "update", "DELETE", "delete");

    private final String provider;
    private final ApiDescription description;
    private final List<Line> lines = new ArrayList<>();
    private final Map<String, Set<String>> resources = new TreeMap<>();

    /**
     * One operation.
     *
     * @param words what becomes of it, for people
     * @param text its line in a catalog file; empty if it is in none, and therefore refused
     */
    public record Line(String name, Optional<ToolJudgement> judgement, String words, String text) {}

    private ApiProposal(String provider, ApiDescription description) {
        this.provider = provider;
        this.description = description;
    }

    public static ApiProposal of(String provider, ApiDescription description) {
        ApiProposal proposal = new ApiProposal(provider, description);
        Set<String> names = new HashSet<>();
        description.operations().forEach(operation -> proposal.lines.add(proposal.line(operation, names)));
        return proposal;
    }

    public List<Line> lines() {
        return List.copyOf(lines);
    }

    /** Returns the types of resources that its paths name. */
    public Set<String> types() {
        return new TreeSet<>(resources.keySet());
    }

    /** Returns how many operations pass, are asked about, and are refused. */
    public String summary() {
        long denied = lines.stream().filter(line -> line.text.isEmpty()).count();
        long pass = lines.stream()
                .flatMap(line -> line.judgement.stream())
                .filter(judgement -> judgement.effect().passes())
                .count();
        return lines.size() + " operations: " + pass + " pass, " + (lines.size() - pass - denied) + " asked about, "
                + denied + " refused";
    }

    public String catalog() {
        return head() + section("reads", true) + section("operations", false);
    }

    private String head() {
        return """
            # Written by `interlock upstream add openapi`, by what the description of the API says. Check each line.
            format: interlock-catalog@v1
            provider: %s
            protocol: rest
            carriers: {headers: [%s], query: [%s], cookies: [%s]}
            forwarded-headers: [accept]
            %s\
            """.formatted(
                        provider,
                        Stream.concat(Stream.of("authorization"), description.tokenHeader().stream())
                                .distinct()
                                .collect(Collectors.joining(", ")),
                        String.join(", ", description.carriers("query")),
                        String.join(", ", description.carriers("cookie")),
                        resources.isEmpty()
                                ? ""
                                : "resources:\n"
                                        + resources.entrySet().stream()
                                                .map(type -> "  " + type.getKey() + ": ["
                                                        + type.getValue().stream()
                                                                .map(form -> '"' + form + '"')
                                                                .collect(Collectors.joining(", "))
                                                        + "]\n")
                                                .collect(Collectors.joining()));
    }

    private String section(String name, boolean isOfReads) {
        String all = lines.stream()
                .filter(line -> !line.text.isEmpty() && line.text.contains(REQUEST) != isOfReads)
                .map(line -> line.text + "\n")
                .collect(Collectors.joining());
        return all.isEmpty() ? "" : name + ":\n" + all;
    }

    private Line line(ApiOperation operation, Set<String> names) {
        String name = name(operation, names);
        Optional<String> body = body(operation);
        if (body.isEmpty()) {
            return refused(name, "its body is " + String.join(", ", operation.bodies()));
        }
        Naming naming = Naming.of(operation.path());
        String request = operation.method() + " " + naming.path + query(operation) + body.get();
        ToolJudgement judgement = judged(operation);
        String text = text(name, request, operation, judgement);
        Map<String, Set<String>> types = new TreeMap<>();
        naming.resources.forEach((type, form) -> types.put(type, Set.of(form)));
        ApiProposal alone = new ApiProposal(provider, description);
        alone.resources.putAll(types);
        alone.lines.add(new Line(name, Optional.of(judgement), "", text));
        if (!Catalogs.mistakes(name, Bytes.utf8(alone.catalog())).isEmpty()) {
            return refused(name, "Interlock cannot describe `" + operation.method() + "` of this path");
        }
        types.forEach((type, forms) ->
                resources.computeIfAbsent(type, _ -> new LinkedHashSet<>()).addAll(forms));
        return new Line(name, Optional.of(judgement), judgement.words(), text);
    }

    private static Line refused(String name, String why) {
        return new Line(name, Optional.empty(), "refused: " + why, "");
    }

    private static String name(ApiOperation operation, Set<String> names) {
        String path = operation.path().replaceAll("/?\\{[^{}]*}", "").replaceFirst("^/", "");
        String verb = requireNonNull(VERBS.get(operation.method()));
        String raw = operation.id().orElse(path + "/" + verb);
        String name = raw.replaceAll("[^A-Za-z0-9._/-]+", "-").replaceFirst("^[^A-Za-z0-9]+", "");
        String first = name.isEmpty() ? verb : name.substring(0, Math.min(90, name.length()));
        String unique = first;
        for (int next = 2; !names.add(unique); next++) {
            unique = first + "-" + next;
        }
        return unique;
    }

    private static String query(ApiOperation operation) {
        String names = operation.query().stream()
                .filter(argument -> MEMBER.matcher(argument.name()).matches())
                .map(argument ->
                        argument.name() + (argument.kind() == ToolArgument.Kind.LIST || argument.isNested() ? "+" : ""))
                .collect(Collectors.joining(" "));
        return names.isEmpty() ? "" : " ?" + names;
    }

    /** Returns what a request line says of its body; empty if Interlock reads no such body. */
    private static Optional<String> body(ApiOperation operation) {
        if (operation.bodies().isEmpty()) {
            return Optional.of("");
        }
        if (operation.bodies().contains("application/json")) {
            boolean isPlain = !operation.body().isEmpty()
                    && operation.body().stream()
                            .allMatch(member -> MEMBER.matcher(member.name()).matches());
            return Optional.of(
                    isPlain
                            ? " {"
                                    + operation.body().stream()
                                            .map(member -> member.name() + (member.isNested() ? ":*" : ""))
                                            .distinct()
                                            .collect(Collectors.joining(" "))
                                    + "}"
                            : " {*}");
        }
        List<String> opaque = operation.bodies().stream()
                .filter(type -> MEDIA_TYPE.matcher(type).matches()
                        && !type.matches("multipart/.*|application/(?:x-www-form-urlencoded|.*json.*)"))
                .toList();
        return opaque.isEmpty() ? Optional.empty() : Optional.of(" <" + String.join(" ", opaque) + ">");
    }

    private static ToolJudgement judged(ApiOperation operation) {
        String verb = VERBS.get(operation.method());
        List<String> path = Stream.of(operation.path().split("/"))
                .filter(segment -> !segment.isEmpty() && !segment.contains("{"))
                .toList();
        String last = path.isEmpty() ? "" : path.getLast();
        String own = operation
                .id()
                .map(id -> POSTED.matcher(id).replaceFirst(verb)) // what posts to people says so by its thing
                .orElse(verb + "_" + String.join("_", path));
        boolean isGet = operation.method().equals("GET");
        List<ToolJudgement> all = new ArrayList<>();
        ToolJudgement named = judged(own, operation);
        boolean hasVerb = Words.split(own).stream().anyMatch(ToolJudgement::isVerb);
        all.add(hasVerb ? named : judged(verb + "_" + own, operation));
        if (isGet) {
            all.add(judged("get_" + last, operation));
            return worst(all)
                    .filter(one -> one.effect() != Effect.CHANGES)
                    .orElse(new ToolJudgement(Effect.UNCLEAR, "its name is no read's"));
        }
        if (operation.method().equals("DELETE")) {
            return new ToolJudgement(Effect.LOSES, "its method is DELETE");
        }
        boolean looks = LOOKING.contains(
                Words.split(last).isEmpty() ? "" : Words.split(last).getLast());
        if (worst(all).filter(one -> one.effect() == Effect.READS).isPresent() && !looks) {
            return new ToolJudgement(Effect.UNCLEAR, "its method is " + operation.method());
        }
        if (!looks) {
            all.addFirst(judged(verb + "_" + last, operation)); // `POST /orders/{id}/refund`
        }
        return operation.method().equals("PUT")
                        && worst(all)
                                .filter(one -> one.effect() == Effect.CHANGES)
                                .isPresent()
                ? new ToolJudgement(Effect.LOSES, "its method is PUT")
                : worst(all).orElseThrow();
    }

    private static Optional<ToolJudgement> worst(List<ToolJudgement> all) {
        return all.stream().max(Comparator.comparing(ToolJudgement::effect));
    }

    private static ToolJudgement judged(String name, ApiOperation operation) {
        return ToolJudgement.of(tool(name, operation));
    }

    private static ListedTool tool(String name, ApiOperation operation) {
        return new ListedTool(
                name,
                operation.text(),
                Stream.concat(operation.query().stream(), operation.body().stream())
                        .toList(),
                ListedTool.ToolHints.NONE);
    }

    private static String text(String name, String request, ApiOperation operation, ToolJudgement judgement) {
        String because = judgement.because().isEmpty() ? "" : " # " + judgement.because();
        if (judgement.effect() == Effect.READS && operation.method().equals("GET")) {
            return "  " + name + ": " + quoted(request) + because;
        }
        List<String> facts = Stream.concat(
                        operation.query().stream()
                                .filter(argument ->
                                        MEMBER.matcher(argument.name()).matches())
                                .map(argument -> "query." + argument.name()),
                        body(operation).orElse("").startsWith(" {*")
                                ? Stream.of("body")
                                : operation.body().stream()
                                        .filter(member -> !member.isNested())
                                        .map(member -> "body." + member.name()))
                .distinct()
                .toList();
        List<String> whole = ArgumentJudgement.code(tool(name, operation))
                .flatMap(argument -> Stream.of("query." + argument, "body." + argument))
                .filter(facts::contains)
                .toList();
        return "  " + name + ":" + because + REQUEST + quoted(request) + "\n    "
                + judgement
                        .effect()
                        .lines()
                        .replace(", reversibility", "\n    reversibility")
                        .replace(", effect", "\n    effect")
                + list("facts", facts)
                + list("whole", whole);
    }

    private static String list(String key, List<String> paths) {
        return paths.isEmpty() ? "" : "\n    " + key + ": [" + String.join(", ", paths) + "]";
    }

    private static String quoted(String request) {
        return "'" + request.replace("'", "''") + "'";
    }

    /** A path whose parameters are called by what they name, and the resources that they name. */
    private record Naming(String path, Map<String, String> resources) {

        static Naming of(String path) {
            StringBuilder named = new StringBuilder();
            Map<String, String> resources = new LinkedHashMap<>();
            List<String> parameters = new ArrayList<>();
            String before = "";
            List<String> segments = List.of(path.replaceFirst("^/", "").split("/", -1));
            for (int at = 0; at < segments.size(); at++) {
                String segment = segments.get(at);
                Matcher parameter = PARAMETER.matcher(segment);
                if (!parameter.lookingAt()) {
                    named.append('/').append(segment);
                    before = segment;
                    continue;
                }
                boolean isFollowed =
                        at + 1 < segments.size() && segments.get(at + 1).startsWith("{");
                String type = type(isFollowed ? "" : before, parameter.group(1));
                String name = type.replace('-', '_');
                for (int next = 2; parameters.contains(name); next++) {
                    name = type.replace('-', '_') + next;
                }
                parameters.add(name);
                named.append("/{").append(name).append('}').append(segment.substring(parameter.end()));
                resources.put(
                        type, parameters.stream().map(one -> "{" + one + "}").collect(Collectors.joining("/")));
                before = isFollowed ? before : "";
            }
            return new Naming(named.toString(), resources);
        }

        /** The singular of the segment before it; of `/repos/{owner}/{repo}` the first is called as it is. */
        private static String type(String before, String parameter) {
            List<String> words = Words.split(before.isEmpty() ? parameter : before);
            List<String> own =
                    words.size() > 1 && words.getLast().equals("id") ? words.subList(0, words.size() - 1) : words;
            String type = own.isEmpty() ? "thing" : Words.singular(String.join("-", own));
            return TAKEN.contains(type) || !type.matches("[a-z].*") ? "thing-" + type : type;
        }
    }
}
