package dev.interlock.front.http;

/** The decoder's result: a whole request, or the reason why there is none and no other will follow. */
sealed interface ReceivedRequest permits WireRequest, UnreadableRequestException {}
