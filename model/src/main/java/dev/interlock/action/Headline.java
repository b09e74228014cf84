package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an attempt does, in one line, by the names that people gave its resources: {@code Delete environment "staging"
 * (2 services, 1 volume shared with production)}. It is written from signed content only: the actions and the radius of
 * a statement's meaning, or of a receipt. So it is the same wherever somebody reads of the attempt.
 */
public final class Headline {

    /** Maximum resources of one action that are named; the others are counted. */
    private static final int MAX_RESOURCES = 3;

    private static final int MAX_ACTIONS = 3;

    /** Types of resources that only say where the other resources of an action are. */
    private static final Set<String> PLACES = Set.of("account", "workspace", "project", "environment");

    /** The type of what has only an opaque id. Its name is the gateway's description, with kind and place. */
    private static final String OPAQUE = "node";

    private final Json.Members names;
    private final Json.Members titles;
    private final Json.Members alsoIn;
    private final LossOrder order;
    private final Set<String> lost;
    private final int lostBackups;
    private final List<String> environments;

    /** Resources of one type that are used in the same other environments. */
    private record LostKind(String kind, String shared) implements Comparable<LostKind> {
        @Override
        public int compareTo(LostKind other) {
            return (kind + shared).compareTo(other.kind + other.shared);
        }
    }

    private Headline(Json.Members radius) {
        this.names = radius.optionalObject("names").orElseGet(Json::object);
        this.titles = radius.optionalObject("titles").orElseGet(Json::object);
        this.alsoIn = radius.optionalObject("also_in").orElseGet(Json::object);
        this.order = LossOrder.of(radius);
        this.lost = new TreeSet<>(radius.texts("lost"));
        this.lostBackups = radius.items("lost_backups").size();
        this.environments = radius.texts("environments");
    }

    /**
     * Writes the headline.
     *
     * @param actions as in a meaning; without any, the headline is empty
     * @param radius as in a meaning; without members if it is unknown
     */
    public static String of(List<Json.Members> actions, Json.Members radius) {
        Headline headline = new Headline(radius);
        List<Json.Members> changing = actions.stream()
                .filter(action -> !action.texts("impacts").equals(List.of("read")))
                .toList();
        List<Json.Members> told = headline.order.actions(changing.isEmpty() ? actions : changing);
        Map<String, LossOrder.Severity> phrases = new LinkedHashMap<>();
        Set<String> subjects = new TreeSet<>();
        boolean isPush = true;
        for (Json.Members action : told) {
            Optional<String> push = PushPhrase.of(action, headline.environments);
            isPush &= push.isPresent(); // then the environments are in the phrase
            subjects.addAll(headline.resources(action));
            phrases.putIfAbsent(push.orElseGet(() -> headline.phrase(action)), LossOrder.Severity.of(action));
        }
        List<LossOrder.Severity> rest =
                phrases.values().stream().skip(MAX_ACTIONS).toList();
        String words = phrases.keySet().stream().limit(MAX_ACTIONS).collect(Collectors.joining("; "))
                + (rest.isEmpty() ? "" : "; and " + LossOrder.counted(rest, "more "))
                + headline.contents(subjects);
        return words.isEmpty()
                ? words
                : VisibleText.unambiguous(words.substring(0, 1).toUpperCase(Locale.ROOT)
                        + words.substring(1)
                        + (isPush ? "" : headline.where(told, subjects, words)));
    }

    private String phrase(Json.Members action) {
        ActionPhrase phrase = new ActionPhrase(action);
        List<String> resources = resources(action);
        boolean isLost = resources.stream().anyMatch(id -> lost.contains(id) && !type(id).equals("account"));
        boolean isAll = lost.isEmpty() || resources.stream().anyMatch(lost::contains);
        return phrase.words(on(action, resources), isAll, isLost);
    }

    /** Returns the resources in words; empty if it is only the provider's account. */
    private String on(Json.Members action, List<String> resources) {
        return resources.isEmpty()
                ? action.text("operation")
                : resources.stream().allMatch(id -> type(id).equals("account")) ? "" : listed(action, resources);
    }

    /** Returns the environments, by the provider's own names where those are others, unless {@code words} has them. */
    private String where(List<Json.Members> told, Set<String> subjects, String words) {
        if (environments.isEmpty()) {
            return "";
        }
        Set<String> own = new TreeSet<>();
        boolean isItself = false;
        for (Json.Members action : told) {
            for (Json.Members resource : action.objects("resources")) {
                String id = resource.text("id");
                if (type(id).equals("environment")) {
                    isItself |= subjects.contains(id);
                    names.optionalText(id)
                            .filter(name -> !environments.contains(name) && !subjects.contains(id))
                            .ifPresent(own::add);
                }
            }
        }
        String labels = list(environments);
        boolean isSaid =
                words.contains("environment " + VisibleText.quoted(labels)) || words.contains("environment " + labels);
        if (isItself && isSaid) {
            return "";
        }
        return own.isEmpty()
                ? " in " + labels
                : " in " + list(own.stream().map(VisibleText::quoted).toList()) + " (" + labels + ")";
    }

    private static String list(List<String> texts) {
        return String.join(" and ", texts);
    }

    /**
     * Writes one headline for several attempts.
     *
     * @param meanings as in statements
     */
    public static String ofAll(List<Json.Members> meanings) {
        Json.Members all = Json.object();
        for (String member : List.of("environments", "lost")) {
            all = all.withTexts(
                    member,
                    meanings.stream()
                            .flatMap(meaning -> meaning.object("radius").texts(member).stream())
                            .distinct()
                            .sorted());
        }
        for (String member : List.of("lost_backups", "survivors")) {
            all = all.withItems(
                    member,
                    meanings.stream()
                            .flatMap(meaning -> meaning.object("radius").items(member).stream())
                            .distinct());
        }
        for (String member : List.of("names", "titles", "also_in")) {
            Json.Members some = Json.object();
            for (Json.Members meaning : meanings) {
                for (Map.Entry<String, Json> each : meaning.object("radius")
                        .optionalObject(member)
                        .orElseGet(Json::object)
                        .members()
                        .entrySet()) {
                    some = some.with(each.getKey(), each.getValue());
                }
            }
            all = all.with(member, some);
        }
        return of(
                meanings.stream()
                        .flatMap(meaning -> meaning.objects("actions").stream())
                        .toList(),
                all);
    }

    /**
     * Returns the resources that are acted on: those that would be lost, or else all; the places that they are in only
     * if there are no others.
     */
    private List<String> resources(Json.Members action) {
        List<String> all = order.resources(action.objects("resources").stream()
                .map(resource -> resource.text("id"))
                .toList());
        if (action.texts("impacts").contains("destroy") && all.stream().anyMatch(lost::contains)) {
            return all.stream().filter(lost::contains).toList();
        }
        List<String> things =
                all.stream().filter(id -> !PLACES.contains(type(id))).toList();
        return things.isEmpty() ? all : things;
    }

    private String listed(Json.Members action, List<String> resources) {
        List<String> named = resources.stream()
                .limit(MAX_RESOURCES)
                .map(id -> named(action, id))
                .toList();
        String words = list(named);
        return resources.size() <= MAX_RESOURCES
                ? words
                : words + " and " + count(resources.size() - MAX_RESOURCES, "more resource");
    }

    /**
     * Returns for example {@code volume "pgdata"}, or {@code volume vol_x} if it has no name. An environment without
     * one has the seal's.
     */
    private String named(Json.Members action, String id) {
        if (type(id).equals(OPAQUE) && names.get(id).isPresent()) {
            return titled(id);
        }
        String own = id.substring(id.indexOf('/') + 1);
        String name = names.optionalText(id)
                .map(VisibleText::quoted)
                .or(() ->
                        label(action, id).filter(label -> !own.endsWith(label)).map(label -> label + " (" + own + ")"))
                .orElse(own);
        return kind(id) + " " + name;
    }

    /**
     * Returns for example {@code issue #12 "Roadmap" in acme/shop}: of an opaque id, the gateway itself wrote the name.
     */
    private String titled(String id) {
        String name = names.text(id);
        int place = name.lastIndexOf(" in ");
        return titles.optionalText(id)
                .map(title -> place < 0
                        ? name + " " + VisibleText.quoted(title)
                        : name.substring(0, place) + " " + VisibleText.quoted(title) + name.substring(place))
                .orElse(name);
    }

    /** Returns the seal's name of the environment {@code id}, if it is one and has one. */
    private static Optional<String> label(Json.Members action, String id) {
        return action.objects("resources").stream()
                .filter(resource -> resource.text("id").equals(id) && type(id).equals("environment"))
                .map(resource -> resource.texts("environments"))
                .filter(labels -> labels.size() == 1)
                .map(List::getFirst)
                .findFirst();
    }

    /** Returns what else would be lost, counted by kind. The mounts of volumes are left out. */
    private String contents(Set<String> subjects) {
        Map<LostKind, Integer> counts = new TreeMap<>();
        for (String id : lost) {
            if (!subjects.contains(id) && !type(id).equals("volume-instance") && !type(id).contains("backup")) {
                counts.merge(new LostKind(kind(id), shared(id)), 1, Integer::sum);
            }
        }
        List<String> parts = new ArrayList<>();
        counts.forEach((lostKind, count) -> parts.add(count(count, lostKind.kind()) + lostKind.shared()));
        if (lostBackups > 0) {
            parts.add(count(lostBackups, "backup"));
        }
        return parts.isEmpty() ? "" : " (" + String.join(", ", parts) + ")";
    }

    private String shared(String id) {
        return alsoIn.get(id).isPresent() ? " shared with " + list(alsoIn.texts(id)) : "";
    }

    private static String kind(String id) {
        return switch (type(id)) {
            case "service-instance" -> "service";
            case "volume-instance" -> "volume";
            default -> type(id).replace('-', ' ');
        };
    }

    private static String type(String id) {
        int slash = id.indexOf('/');
        return slash < 0 ? "resource" : id.substring(id.lastIndexOf(':', slash) + 1, slash);
    }

    static String count(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Returns the facts that no agent claims. */
    static Stream<Json.Members> known(Json.Members action) {
        return action.objects("facts").stream()
                .filter(fact -> !fact.text("provenance").equals("claimed"));
    }

    /** Returns the first value of the fact {@code name} that no agent claims. */
    static Optional<String> found(Json.Members action, String name) {
        return known(action)
                .filter(fact -> fact.text("name").equals(name))
                .map(fact -> fact.text("value"))
                .findFirst();
    }
}
