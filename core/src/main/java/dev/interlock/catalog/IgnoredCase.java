package dev.interlock.catalog;

import dev.interlock.action.Resource;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The types of resources that the provider compares without regard to case. Their identifiers are written in lower
 * case. Otherwise one thing with two spellings would count as two, of which only one is sealed.
 */
record IgnoredCase(Set<String> types) {

    Resource fold(Resource resource) {
        return types.contains(resource.type())
                ? new Resource(
                        resource.provider(), resource.type(), resource.id().toLowerCase(Locale.ROOT))
                : resource;
    }

    Set<Resource> fold(Set<Resource> resources) {
        Set<Resource> folded = new TreeSet<>();
        resources.forEach(resource -> folded.add(fold(resource)));
        return folded;
    }
}
