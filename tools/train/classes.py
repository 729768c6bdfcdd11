"""The classes of the bundled model: index, name, and the emoji drawn for it."""

CLASSES = [
    ("apple", "🍎"),
    ("banana", "🍌"),
    ("strawberry", "🍓"),
    ("pineapple", "🍍"),
    ("mushroom", "🍄"),
    ("cactus", "🌵"),
    ("fir_tree", "🌲"),
    ("tulip", "🌷"),
    ("sunflower", "🌻"),
    ("house", "🏠"),
    ("car", "🚗"),
    ("airplane", "✈"),
    ("sailboat", "⛵"),
    ("rocket", "🚀"),
    ("pumpkin", "🎃"),
    ("umbrella", "☂"),
    ("key", "🔑"),
    ("scissors", "✂"),
    ("guitar", "🎸"),
    ("cup", "☕"),
    ("bird", "🐦"),  # class 20 in the recipe this project follows is a bird
    ("fish", "🐟"),
    ("cat", "🐱"),
    ("dog", "🐶"),
    ("frog", "🐸"),
    ("turtle", "🐢"),
    ("snail", "🐌"),
    ("butterfly", "🦋"),
    ("crab", "🦀"),
    ("heart", "❤"),
    ("star", "⭐"),
    ("snowman", "⛄"),
]

# Emoji of no class; small pieces of them are scattered behind the objects.
CLUTTER = "🍇🥕🍕🎩🔨💡⏰🐘🐎🦒🐙🐞🐝🎈👟🚂🔔⚓🌙🍒🐻🐷🎁📦🪑🧲🎺🧩"
