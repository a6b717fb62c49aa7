// Lists that this browser keeps: whatever is there, a list comes back.
export function stored(key, storage = localStorage) {
  try {
    const value = JSON.parse(storage.getItem(key) ?? "[]");
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
